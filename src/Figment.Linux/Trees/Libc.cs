using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

/// <summary>Calls that name a thing by a folder's descriptor and one name in it. Names are bytes, as the kernel has them, and end with a zero.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int openat(int folder, byte* path, int flags, int mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int mkdirat(int folder, byte* path, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int mknodat(int folder, byte* path, uint mode, ulong device);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int symlinkat(byte* target, int folder, byte* path);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int linkat(int oldFolder, byte* oldPath, int newFolder, byte* newPath, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int unlinkat(int folder, byte* path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int renameat(int oldFolder, byte* oldPath, int newFolder, byte* newPath);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchownat(int folder, byte* path, uint user, uint group, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchmod(int fd, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchmodat(int folder, byte* path, uint mode, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fsetxattr(int fd, byte* name, byte* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint fgetxattr(int fd, string name, byte* value, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint listxattr(byte* path, byte* list, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint getxattr(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setxattr(byte* path, byte* name, byte* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint readlinkat(int folder, byte* path, byte* buffer, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int utimensat(int folder, byte* path, TimeSpecification* times, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int futimens(int fd, TimeSpecification* times);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int statx(int folder, byte* path, int flags, uint mask, StatxResult* result);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint getdents64(int fd, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fsync(int fd);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fdatasync(int fd);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int syncfs(int fd);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int clock_gettime(int clock, TimeSpecification* time);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int flock(int fd, int operation);

    /// <summary>struct timespec on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeSpecification
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    /// <summary>struct statx (statx(2)): the same layout on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct StatxResult
    {
        [FieldOffset(16)]
        internal uint Links;

        [FieldOffset(20)]
        internal uint User;

        [FieldOffset(24)]
        internal uint Group;

        [FieldOffset(28)]
        internal ushort Mode;

        [FieldOffset(32)]
        internal ulong Inode;

        [FieldOffset(40)]
        internal ulong Size;

        [FieldOffset(96)]
        internal long ChangedSeconds;

        [FieldOffset(104)]
        internal uint ChangedNanoseconds;

        [FieldOffset(112)]
        internal long ModifiedSeconds;

        [FieldOffset(120)]
        internal uint ModifiedNanoseconds;

        [FieldOffset(128)]
        internal uint DeviceMajor;

        [FieldOffset(132)]
        internal uint DeviceMinor;

        [FieldOffset(136)]
        internal uint FileSystemMajor;

        [FieldOffset(140)]
        internal uint FileSystemMinor;
    }
}
