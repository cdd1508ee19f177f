using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

/// <summary>Numbers of x86-64 (asm/unistd_64.h); a test compiles C against them.</summary>
internal static unsafe partial class Libc
{
    internal const int SYS_read = 0;
    internal const int SYS_write = 1;
    internal const int SYS_close = 3;
    internal const int SYS_rt_sigaction = 13;
    internal const int SYS_rt_sigprocmask = 14;
    internal const int SYS_ioctl = 16;
    internal const int SYS_dup2 = 33;
    internal const int SYS_execve = 59;
    internal const int SYS_chdir = 80;
    internal const int SYS_umask = 95;
    internal const int SYS_setuid = 105;
    internal const int SYS_setgid = 106;
    internal const int SYS_setpgid = 109;
    internal const int SYS_setsid = 112;
    internal const int SYS_setgroups = 116;
    internal const int SYS_capset = 126;
    internal const int SYS_prctl = 157;
    internal const int SYS_mount = 165;
    internal const int SYS_unshare = 272;
    internal const int SYS_prlimit64 = 302;
    internal const int SYS_setns = 308;
    internal const int SYS_seccomp = 317;
    internal const int SYS_close_range = 436;

    internal const int CLONE_VM = 0x100;
    internal const int SIG_SETMASK = 2;
    internal const int PR_SET_PDEATHSIG = 1;
    internal const int PR_CAPBSET_DROP = 24;
    internal const int PR_SET_NO_NEW_PRIVS = 38;
    internal const int PR_CAP_AMBIENT = 47;
    internal const int PR_CAP_AMBIENT_CLEAR_ALL = 4;
    internal const int CLOSE_RANGE_CLOEXEC = 4;
    internal const int TIOCSCTTY = 0x540E;

    /// <summary>native/child: no managed code runs in the child.</summary>
    [LibraryImport("libfigment-child")]
    internal static partial int figment_fork_child(ulong flags, int group, Children.ChildStep* steps, int count, int status, byte* stack, int stackBytes, int* pidfd);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    /// <summary>The kernel's struct sigaction (not the C library's).</summary>
    internal struct KernelSigaction
    {
        public nint handler;
        public nuint flags;
        public nint restorer;
        public ulong mask;
    }

    internal struct Rlimit64
    {
        public ulong rlim_cur;
        public ulong rlim_max;
    }
}
