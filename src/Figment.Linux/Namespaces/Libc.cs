using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

internal static unsafe partial class Libc
{
    internal const int CLONE_FS = 0x200;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setns(int fd, int kind);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int unshare(int kinds);
}
