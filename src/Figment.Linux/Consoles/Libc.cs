using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

internal static unsafe partial class Libc
{
    /// <summary>struct termios of the C library is 60 bytes on Linux; the room is larger so that no libc can write past it.</summary>
    internal const int ConsoleTermiosBytes = 128;

    [LibraryImport(Library, EntryPoint = "isatty", SetLastError = true)]
    internal static partial int ConsoleIsatty(int fd);

    [LibraryImport(Library, EntryPoint = "tcgetattr", SetLastError = true)]
    internal static partial int ConsoleTcgetattr(int fd, byte* termios);

    [LibraryImport(Library, EntryPoint = "tcsetattr", SetLastError = true)]
    internal static partial int ConsoleTcsetattr(int fd, int when, byte* termios);

    [LibraryImport(Library, EntryPoint = "cfmakeraw")]
    internal static partial void ConsoleCfmakeraw(byte* termios);
}
