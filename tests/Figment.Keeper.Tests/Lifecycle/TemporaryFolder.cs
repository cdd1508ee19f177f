namespace Figment.Keeper.Tests.Lifecycle;

/// <summary>A folder that is removed afterwards. Its name is short: sockets are bound in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fk").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
