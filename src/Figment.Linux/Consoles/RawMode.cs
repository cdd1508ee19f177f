using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Consoles;

/// <summary>
/// A terminal in raw mode (termios(3)): each key goes to the program at the far end, Ctrl-C too. Disposing puts back the mode that was before; any thread may, more than once.
/// </summary>
public sealed unsafe class RawMode : IDisposable
{
    private const int TCSADRAIN = 1;

    private readonly int _descriptor;
    private readonly byte[] _before = new byte[Libc.ConsoleTermiosBytes];
    private int _restored;

    private RawMode(int descriptor) => _descriptor = descriptor;

    /// <exception cref="LinuxException">ENOTTY: not a terminal.</exception>
    public static RawMode Enter(int descriptor)
    {
        var mode = new RawMode(descriptor);
        byte* raw = stackalloc byte[Libc.ConsoleTermiosBytes];
        fixed (byte* before = mode._before)
        {
            LinuxException.ThrowIfNegative(Libc.ConsoleTcgetattr(descriptor, before), "tcgetattr(3)", $"descriptor {descriptor}");
            mode._before.CopyTo(new Span<byte>(raw, Libc.ConsoleTermiosBytes));
        }

        Libc.ConsoleCfmakeraw(raw);
        LinuxException.ThrowIfNegative(Libc.ConsoleTcsetattr(descriptor, TCSADRAIN, raw), "tcsetattr(3)", $"descriptor {descriptor}");
        return mode;
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
}
