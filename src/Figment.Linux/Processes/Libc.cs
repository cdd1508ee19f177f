using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

internal static unsafe partial class Libc
{
    internal const int SYS_pidfd_send_signal = 424;
    internal const int SYS_pidfd_open = 434;
    internal const int SYS_pidfd_getfd = 438;
    internal const int SYS_kcmp = 312;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int waitid(int idtype, uint id, Siginfo* info, int options);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int poll(Pollfd* descriptors, nuint count, int timeoutMs);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Pollfd
    {
        public int fd;
        public short events;
        public short revents;
    }

    /// <summary>siginfo_t as waitid(2) fills it for a child (128 bytes).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    internal struct Siginfo
    {
        [FieldOffset(0)]
        public int si_signo;

        [FieldOffset(8)]
        public int si_code;

        [FieldOffset(16)]
        public int si_pid;

        [FieldOffset(20)]
        public uint si_uid;

        [FieldOffset(24)]
        public int si_status;
    }
}
