using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

internal static unsafe partial class Libc
{
    internal const int SYS_pivot_root = 155;
    internal const int SYS_open_tree = 428;
    internal const int SYS_move_mount = 429;
    internal const int SYS_fsopen = 430;
    internal const int SYS_fsconfig = 431;
    internal const int SYS_fsmount = 432;
    internal const int SYS_openat2 = 437;
    internal const int SYS_mount_setattr = 442;

    internal const int AT_FDCWD = -100;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const int AT_RECURSIVE = 0x8000;
    internal const int OPEN_TREE_CLONE = 1;
    internal const int OPEN_TREE_CLOEXEC = 0x80000;
    internal const int MOVE_MOUNT_F_EMPTY_PATH = 4;
    internal const int FSOPEN_CLOEXEC = 1;
    internal const int FSMOUNT_CLOEXEC = 1;
    internal const int FSCONFIG_SET_FLAG = 0;
    internal const int FSCONFIG_SET_STRING = 1;
    internal const int FSCONFIG_CMD_CREATE = 6;
    internal const ulong MOUNT_ATTR_RDONLY = 1;
    internal const ulong MOUNT_ATTR_NOSUID = 2;
    internal const ulong MOUNT_ATTR_NODEV = 4;
    internal const ulong MOUNT_ATTR_NOEXEC = 8;
    internal const int MNT_DETACH = 2;
    internal const ulong RESOLVE_IN_ROOT = 0x10;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mount(string? source, string target, string? type, nuint flags, string? data);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int umount2(string target, int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chdir(string path);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchdir(int fd);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sethostname(string name, nuint length);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int setdomainname(string name, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchown(int fd, uint owner, uint group);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chmod(string path, uint mode);

    internal struct MountAttr
    {
        public ulong attr_set;
        public ulong attr_clr;
        public ulong propagation;
        public ulong userns_fd;
    }

    internal struct OpenHow
    {
        public ulong flags;
        public ulong mode;
        public ulong resolve;
    }
}
