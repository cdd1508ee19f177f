namespace Figment.Images.Tests.Support;

/// <summary>A folder of one test's own, removed afterwards whatever its depth.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>In memory for tests of many small stores: every one of them is synced to its file system.</summary>
    public TemporaryFolder(bool inMemory = false) =>
        Path = inMemory ? Directory.CreateDirectory($"/dev/shm/figment-images-{Guid.NewGuid():n}").FullName : Directory.CreateTempSubdirectory("figment-images-").FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Make(string name) => Directory.CreateDirectory(this[name]).FullName;

    public void Dispose() => Tool.Run("rm", "-rf", "--one-file-system", Path);
}
