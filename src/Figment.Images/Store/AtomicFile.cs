using Figment.Linux.Errors;
using Figment.Linux.Trees;

namespace Figment.Images.Store;

/// <summary>Small files that are there whole or not at all, also after a loss of power: written aside, synced, renamed, folder synced.</summary>
internal static class AtomicFile
{
    private static long _counter;

    public static void Write(StoreFolders folders, string path, ReadOnlySpan<byte> content)
    {
        string aside = NewStagingPath(folders);
        using (var file = new FileStream(aside, FileMode.CreateNew, FileAccess.Write))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(aside, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(path)!);
    }

    public static void SyncFolder(string path)
    {
        using var folder = TreeFolder.Open(path);
        var error = TreeFile.Sync(folder.Descriptor);
        if (error != Errno.None)
        {
            throw new LinuxException(error, "fsync(2)", path);
        }
    }

    /// <summary>A path in the staging folder that nothing has. A number that a dead process of the same id left behind is passed over.</summary>
    public static string NewStagingPath(StoreFolders folders)
    {
        string path;
        do
        {
            path = Path.Combine(folders.Staging, $"{Environment.ProcessId}-{Interlocked.Increment(ref _counter)}");
        }
        while (Path.Exists(path));
        return path;
    }
}
