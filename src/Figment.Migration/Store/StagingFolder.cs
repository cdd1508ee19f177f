using System.Text;
using Figment.Linux.Trees;

namespace Figment.Migration.Store;

/// <summary>A folder for what is being made, which goes with its maker: at once if it is disposed, else at the next collection of garbage, which sees that nobody holds its lock.</summary>
internal sealed class StagingFolder : IDisposable
{
    private const string LockSuffix = ".lock";

    private readonly StoreFolders _folders;
    private readonly string _id;
    private readonly FileLock _lock;

    private StagingFolder(StoreFolders folders, string id, FileLock held)
    {
        (_folders, _id, _lock) = (folders, id, held);
        Directory.CreateDirectory(Folder);
    }

    public string Folder => Path.Combine(_folders.Staging, _id);

    public static StagingFolder Make(StoreFolders folders, TimeProvider time)
    {
        while (true)
        {
            string id = StoreFolders.NewId(time);
            string path = Path.Combine(folders.Staging, id + LockSuffix);
            var held = FileLock.TryTake(path, exclusive: true);

            // Between its making and its locking a collection may have taken it for a leftover.
            if (held is not null && File.Exists(path))
            {
                return new StagingFolder(folders, id, held);
            }

            held?.Dispose();
        }
    }

    /// <summary>Removes what nobody works on any more; returns the bytes of its files.</summary>
    public static long RemoveLeftovers(StoreFolders folders)
    {
        long freed = 0;
        foreach (string id in Directory.EnumerateFileSystemEntries(folders.Staging).Select(path => Path.GetFileName(path).Replace(LockSuffix, "", StringComparison.Ordinal)).Distinct().ToList())
        {
            using var held = FileLock.TryTake(Path.Combine(folders.Staging, id + LockSuffix), exclusive: true);
            if (held is not null)
            {
                freed += Remove(folders, id);
            }
        }

        return freed;
    }

    public void Dispose()
    {
        Remove(_folders, _id);
        _lock.Dispose();
    }

    private static long Remove(StoreFolders folders, string id)
    {
        string path = Path.Combine(folders.Staging, id);
        long bytes = Directory.Exists(path)
            ? new DirectoryInfo(path).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Sum(file => file.Length)
            : 0;
        using var staging = TreeFolder.Open(folders.Staging);
        TreeRemoval.Remove(staging, Encoding.UTF8.GetBytes(id));
        TreeRemoval.Remove(staging, Encoding.UTF8.GetBytes(id + LockSuffix));
        return bytes;
    }
}
