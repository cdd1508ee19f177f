using Figment.Node.Errors;

namespace Figment.Daemon.Hosting;

/// <summary>Holds a folder for one daemon: flock(2), which the kernel gives back however the process ends.</summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <exception cref="NodeException">Another daemon has it.</exception>
    public static FolderLock Take(string folder, string variable)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "figmentd.lock");
        try
        {
            return new FolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (exception is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new NodeException(ErrorCode.Conflict, $"{folder} belongs to another figmentd that runs: {path} is locked", $"figment version shows it; a second node needs another {variable}", exception);
        }
    }

    public void Dispose() => _file.Dispose();
}
