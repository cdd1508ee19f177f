using Figment.Linux.Native;

namespace Figment.Linux.Consoles;

/// <summary>The terminal that this process was started on, by descriptor number (0 stdin, 1 stdout, 2 stderr).</summary>
public static class ConsoleTerminal
{
    private const nuint TIOCGWINSZ = 0x5413;

    public static bool IsTerminal(int descriptor) => Libc.ConsoleIsatty(descriptor) == 1;

    /// <summary>Null if it is no terminal or does not know its size.</summary>
    public static unsafe WindowSize? Size(int descriptor)
    {
        ushort* size = stackalloc ushort[4];
        return Libc.ioctl(descriptor, TIOCGWINSZ, (nint)size) == 0 && size[0] > 0 && size[1] > 0 ? new WindowSize(size[1], size[0]) : null;
    }
}
