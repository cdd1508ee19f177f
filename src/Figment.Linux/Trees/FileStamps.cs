using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Trees;

/// <summary>What the kernel's times of files (<see cref="TreeEntry.Changed"/>) can be relied on for.</summary>
public static unsafe class FileStamps
{
    private const int CLOCK_REALTIME_COARSE = 5;

    private const long EXT4_SUPER_MAGIC = 0xEF53;
    private const long XFS_SUPER_MAGIC = 0x58465342;
    private const long BTRFS_SUPER_MAGIC = 0x9123683E;
    private const long F2FS_SUPER_MAGIC = 0xF2F52010;

    /// <summary>The clock that files are stamped with: it moves once a tick, and what is changed from now on is not stamped earlier (ktime_get_coarse_real_ts64, fs/inode.c).</summary>
    public static FileTime Now()
    {
        Libc.TimeSpecification time = default;
        LinuxException.ThrowIfNegative(Libc.clock_gettime(CLOCK_REALTIME_COARSE, &time), "clock_gettime(2)", "CLOCK_REALTIME_COARSE");
        return new FileTime(time.Seconds, (int)time.Nanoseconds);
    }

    /// <summary>
    /// Whether the file system stamps a file at the first write to each page through each new mapping (file_update_time in its page_mkwrite). tmpfs does not; of others it is not known.
    /// </summary>
    public static bool TellOfMappedWrites(string folder)
    {
        Libc.Statfs about = default;
        LinuxException.ThrowIfNegative(Libc.statfs(folder, &about), "statfs(2)", folder);
        return about.f_type is EXT4_SUPER_MAGIC or XFS_SUPER_MAGIC or BTRFS_SUPER_MAGIC or F2FS_SUPER_MAGIC;
    }
}
