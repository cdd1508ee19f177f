using System.Globalization;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Terminals;

/// <summary>A pseudo terminal (pty(7)) of a given devpts instance.</summary>
public sealed unsafe class Terminal : IDisposable
{
    private const nuint TIOCGPTN = 0x80045430;
    private const nuint TIOCSPTLCK = 0x40045431;
    private const nuint TIOCSWINSZ = 0x5414;

    /// <param name="folder">Where that instance is mounted.</param>
    public Terminal(string folder)
    {
        string multiplexer = Path.Combine(folder, "ptmx");
        Master = FileCalls.Open(multiplexer, FileCalls.O_RDWR | FileCalls.O_NOCTTY);
        int number = 0;
        LinuxException.ThrowIfNegative(Libc.ioctl(Master.Number, TIOCSPTLCK, (nint)(&number)), "ioctl(2) TIOCSPTLCK", multiplexer);
        LinuxException.ThrowIfNegative(Libc.ioctl(Master.Number, TIOCGPTN, (nint)(&number)), "ioctl(2) TIOCGPTN", multiplexer);
        Number = number;
        Slave = FileCalls.Open(Path.Combine(folder, number.ToString(CultureInfo.InvariantCulture)), FileCalls.O_RDWR | FileCalls.O_NOCTTY);
    }

    public Descriptor Master { get; }

    /// <summary>The program's end; close it once the program has it, so that the master sees when it ends.</summary>
    public Descriptor Slave { get; }

    /// <summary>Its name in the instance.</summary>
    public int Number { get; }

    public void Resize(int columns, int rows)
    {
        ushort* size = stackalloc ushort[4];
        (size[0], size[1]) = ((ushort)rows, (ushort)columns);
        LinuxException.ThrowIfNegative(Libc.ioctl(Master.Number, TIOCSWINSZ, (nint)size), "ioctl(2) TIOCSWINSZ", $"terminal {Number}");
    }

    public void Dispose()
    {
        Master.Dispose();
        Slave.Dispose();
    }
}
