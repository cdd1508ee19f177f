using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_ctl(int epoll, int operation, int fd, EpollEvent* change);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_wait(int epoll, EpollEvent* events, int count, int timeoutMs);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int eventfd(uint initial, int flags);

    /// <summary>struct epoll_event, packed on x86-64.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    internal struct EpollEvent
    {
        public uint events;
        public ulong data;
    }
}
