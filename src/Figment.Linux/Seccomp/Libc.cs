namespace Figment.Linux.Native;

/// <summary>linux/seccomp.h, linux/filter.h, linux/audit.h.</summary>
internal static unsafe partial class Libc
{
    internal const int SYS_listen = 50;
    internal const int SYS_bind = 49;
    internal const int SYS_connect = 42;
    internal const int SYS_getsockopt = 55;

    internal const int SECCOMP_SET_MODE_FILTER = 1;
    internal const int SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3;
    internal const int SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 1 << 5;
    internal const uint SECCOMP_RET_ERRNO = 0x00050000;
    internal const uint SECCOMP_RET_USER_NOTIF = 0x7fc00000;
    internal const uint SECCOMP_RET_ALLOW = 0x7fff0000;
    internal const uint AUDIT_ARCH_X86_64 = 0xC000003E;
    internal const uint X32_SYSCALL_BIT = 0x40000000;

    internal const nuint SECCOMP_IOCTL_NOTIF_RECV = 0xC0502100;
    internal const nuint SECCOMP_IOCTL_NOTIF_SEND = 0xC0182101;
    internal const nuint SECCOMP_IOCTL_NOTIF_ID_VALID = 0x40082102;
    internal const nuint SECCOMP_IOCTL_NOTIF_ADDFD = 0x40182103;
    internal const nuint SECCOMP_IOCTL_NOTIF_SET_FLAGS = 0x40082104;
    internal const int SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1;
    internal const uint SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;
    internal const uint SECCOMP_ADDFD_FLAG_SETFD = 1;

    internal struct SeccompNotif
    {
        public ulong id;
        public uint pid;
        public uint flags;
        public int nr;
        public uint arch;
        public ulong instruction_pointer;
        public fixed ulong args[6];
    }

    internal struct SeccompNotifResp
    {
        public ulong id;
        public long val;
        public int error;
        public uint flags;
    }

    internal struct SeccompNotifAddfd
    {
        public ulong id;
        public uint flags;
        public uint srcfd;
        public uint newfd;
        public uint newfd_flags;
    }

    internal struct SockFprog
    {
        public ushort len;
        public Seccomp.BpfInstruction* filter;
    }
}
