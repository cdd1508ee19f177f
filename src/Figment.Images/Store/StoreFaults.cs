using Figment.Linux.Errors;

namespace Figment.Images.Store;

/// <summary>From failures of the store's file system to errors that say what to do.</summary>
internal static class StoreFaults
{
    /// <summary>True if the failure means that nothing more fits.</summary>
    public static bool IsFull(Exception failure) => ErrorOf(failure) is Errno.ENOSPC or Errno.EDQUOT;

    /// <summary><paramref name="neededBytes"/> is what the whole needs, if that is known.</summary>
    public static ImageException Translate(Exception failure, string subject, string folder, long? neededBytes)
    {
        var (mount, type) = MountTable.Find(folder);
        if (IsFull(failure))
        {
            var drive = new DriveInfo(folder);
            string needed = neededBytes is { } bytes ? $", and it needs {bytes}" : "";
            return new ImageException(
                ImageErrorKind.DiskFull,
                subject,
                $"the file system {mount} ({type}) is full: {drive.AvailableFreeSpace} bytes of {drive.TotalSize} are free{needed} ({ErrorOf(failure)}; it may also be out of inodes, see df -i)",
                "Free space there, then try again: what is complete is kept",
                failure);
        }

        return new ImageException(ImageErrorKind.Storage, subject, $"the file system {mount} ({type}) refused it: {failure.Message}", $"See whether {folder} is writable by root", failure);
    }

    /// <summary>The runtime keeps errno in HResult for what it does not know better.</summary>
    private static Errno ErrorOf(Exception failure) => failure is LinuxException linux ? linux.Error : (Errno)failure.HResult;
}
