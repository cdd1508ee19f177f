namespace Figment.Keeper.Boxes;

/// <summary>Starts boxes. Tests put themselves at the other end of the channel.</summary>
internal interface IBoxStarter
{
    /// <param name="path">Of the box's executable.</param>
    /// <exception cref="Figment.Linux.Errors.LinuxException">The box could not be started.</exception>
    StartedBox Start(string path);

    /// <summary>Says whether machines run, so that others are about to be called.</summary>
    void Expect(bool more, string path);
}
