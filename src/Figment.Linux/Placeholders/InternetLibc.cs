using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

/// <summary>The C library's calls on Internet and netlink sockets, as placeholders need them.</summary>
internal static unsafe partial class InternetLibc
{
    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int bind(int fd, void* address, uint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int listen(int fd, int backlog);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setsockopt(int fd, int level, int name, void* value, uint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint send(int fd, void* bytes, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint recv(int fd, void* bytes, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint recvfrom(int fd, void* bytes, nuint length, int flags, void* address, uint* addressLength);
}
