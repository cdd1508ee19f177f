using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

internal static unsafe partial class Libc
{
    /// <summary>Calls on network sockets, by their own names.</summary>
    internal static partial class Net
    {
        [LibraryImport(Library, SetLastError = true)]
        internal static partial int socket(int domain, int type, int protocol);

        [LibraryImport(Library, SetLastError = true)]
        internal static partial int bind(int fd, byte* address, uint length);

        [LibraryImport(Library, SetLastError = true)]
        internal static partial int listen(int fd, int backlog);

        [LibraryImport(Library, SetLastError = true)]
        internal static partial int accept4(int fd, byte* address, uint* length, int flags);

        [LibraryImport(Library, SetLastError = true)]
        internal static partial int connect(int fd, byte* address, uint length);

        [LibraryImport(Library, SetLastError = true)]
        internal static partial int getsockname(int fd, byte* address, uint* length);

        [LibraryImport(Library, SetLastError = true)]
        internal static partial int getsockopt(int fd, int level, int name, void* value, uint* length);

        [LibraryImport(Library, SetLastError = true)]
        internal static partial int setsockopt(int fd, int level, int name, void* value, uint length);

        [LibraryImport(Library, SetLastError = true)]
        internal static partial nint recvfrom(int fd, byte* buffer, nuint length, int flags, byte* address, uint* addressLength);

        [LibraryImport(Library, SetLastError = true)]
        internal static partial nint sendto(int fd, byte* buffer, nuint length, int flags, byte* address, uint addressLength);

        [LibraryImport(Library, SetLastError = true)]
        internal static partial int shutdown(int fd, int how);

        [LibraryImport(Library, SetLastError = true)]
        internal static partial nint splice(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);
    }
}
