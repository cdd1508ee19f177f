using System.Runtime.InteropServices;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Splicing;

/// <summary>A pipe between two sockets: splice(2) moves pages through it, nothing is copied into this process. Its capacity (64 KiB) bounds what is under way.</summary>
public sealed unsafe class SplicePipe : IDisposable
{
    internal const uint SPLICE_F_MOVE = 1;
    internal const uint SPLICE_F_NONBLOCK = 2;

    /// <summary>A default pipe's capacity (pipe(7)): more cannot be taken at once.</summary>
    private const int CapacityBytes = 65_536;

    private readonly Descriptor _read;
    private readonly Descriptor _write;

    public SplicePipe() => (_read, _write) = FileCalls.Pipe();

    /// <summary>Bytes taken from the source and not yet given to the target.</summary>
    public int Held { get; private set; }

    /// <summary>Takes what the source has: bytes, 0 at its end, or a negative errno (EAGAIN: nothing there, or the pipe is full).</summary>
    public int Fill(Descriptor source)
    {
        int count = Move(source.Number, _write.Number, CapacityBytes);
        Held += Math.Max(count, 0);
        return count;
    }

    /// <summary>Gives the target what it takes: bytes or a negative errno.</summary>
    public int Drain(Descriptor target)
    {
        int count = Move(_read.Number, target.Number, Held);
        Held -= Math.Max(count, 0);
        return count;
    }

    public void Dispose()
    {
        _read.Dispose();
        _write.Dispose();
    }

    private static int Move(int from, int to, int bytesMax)
    {
        nint count = Libc.splice(from, null, to, null, (nuint)bytesMax, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        return count < 0 ? -Marshal.GetLastPInvokeError() : (int)count;
    }
}
