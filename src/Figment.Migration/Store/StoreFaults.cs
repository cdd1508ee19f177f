using Figment.Linux.Errors;
using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>The store's errors, as sentences: what failed, on what, why, and what to do.</summary>
internal static class StoreFaults
{
    /// <summary>Something of a snapshot is not what was put there.</summary>
    public static SnapshotException Damaged(string id, string what, Exception? inner = null) =>
        new($"snapshot {id} is damaged: {what}; remove it, the machine then starts anew", inner);

    /// <summary>The file system refused something.</summary>
    public static SnapshotException Refused(string what, string root, Exception failure)
    {
        if (!IsFull(failure))
        {
            return new SnapshotException($"{what}: {failure.Message}; see whether {root} is readable and writable by root", failure);
        }

        string free = "";
        if (Directory.Exists(root))
        {
            var drive = new DriveInfo(root);
            free = $": {drive.AvailableFreeSpace} bytes of {drive.TotalSize} are free";
        }

        return new SnapshotException($"{what}: the file system of {root} is full{free} ({failure.Message}); remove snapshots and collect garbage, or make room there (df {root}; df -i {root})", failure);
    }

    /// <summary>The runtime keeps errno in HResult for what it does not know better.</summary>
    private static bool IsFull(Exception failure) => (failure is LinuxException linux ? linux.Error : (Errno)failure.HResult) is Errno.ENOSPC or Errno.EDQUOT;
}
