using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Consoles;

/// <summary>
/// A terminal in raw mode (termios(3)): each key goes to the program at the far end, Ctrl-C too. Disposing puts back the mode that was before; any thread may, more than once.
/// </summary>
public sealed unsafe class RawMode : IDisposable
{
    /// <summary>Of struct termios, asm-generic/termbits.h: four words of flags, the line discipline, then the control characters.</summary>
    internal const int LocalFlagsOffset = 12;
    internal const int CharactersOffset = 17;
    internal const uint ICANON = 0x2;
    internal const uint ECHO = 0x8;
    internal const int VTIME = 5;
    internal const int VMIN = 6;

    private const int TCSADRAIN = 1;

    private readonly int _descriptor;
    private readonly byte[] _before = new byte[Libc.ConsoleTermiosBytes];
    private int _restored;

    private RawMode(int descriptor) => _descriptor = descriptor;

    /// <exception cref="LinuxException">ENOTTY: not a terminal.</exception>
    public static RawMode Enter(int descriptor)
    {
        byte* raw = stackalloc byte[Libc.ConsoleTermiosBytes];
        var mode = Remember(descriptor, raw);
        Libc.ConsoleCfmakeraw(raw);
        return mode.Set(raw);
    }

    /// <summary>Each key comes at once and is not shown; Ctrl-C and the output are as they were.</summary>
    /// <exception cref="LinuxException">ENOTTY: not a terminal.</exception>
    public static RawMode EnterKeys(int descriptor)
    {
        byte* keys = stackalloc byte[Libc.ConsoleTermiosBytes];
        var mode = Remember(descriptor, keys);
        *(uint*)(keys + LocalFlagsOffset) &= ~(ICANON | ECHO);
        keys[CharactersOffset + VMIN] = 1;
        keys[CharactersOffset + VTIME] = 0;
        return mode.Set(keys);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _restored, 1) == 0)
        {
            fixed (byte* before = _before)
            {
                // A terminal that is gone (EIO) needs no mode.
                _ = Libc.ConsoleTcsetattr(_descriptor, TCSADRAIN, before);
            }
        }
    }

    private static RawMode Remember(int descriptor, byte* raw)
    {
        var mode = new RawMode(descriptor);
        fixed (byte* before = mode._before)
        {
            LinuxException.ThrowIfNegative(Libc.ConsoleTcgetattr(descriptor, before), "tcgetattr(3)", $"descriptor {descriptor}");
            mode._before.CopyTo(new Span<byte>(raw, Libc.ConsoleTermiosBytes));
        }

        return mode;
    }

    private RawMode Set(byte* changed)
    {
        LinuxException.ThrowIfNegative(Libc.ConsoleTcsetattr(_descriptor, TCSADRAIN, changed), "tcsetattr(3)", $"descriptor {_descriptor}");
        return this;
    }
}
