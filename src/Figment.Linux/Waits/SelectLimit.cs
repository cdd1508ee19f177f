using System.Buffers.Binary;
using Figment.Linux.Memory;

namespace Figment.Linux.Waits;

/// <summary>
/// What is left of a select. The kernel writes it into the caller's memory when the call is interrupted and reads it from there when it is restarted, so that the time in which a
/// process was stopped does not count; for a frozen one it is to count.
/// </summary>
public static class SelectLimit
{
    internal const long NanosecondsPerMicrosecond = 1_000;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <param name="thread">It must stand still.</param>
    /// <param name="wait">Of that thread, with a <see cref="ThreadWait.SelectLimitAddress"/>.</param>
    /// <param name="nanoseconds">What is left from now on.</param>
    /// <exception cref="IOException">The memory is not there any more.</exception>
    public static void Write(int thread, ThreadWait wait, long nanoseconds)
    {
        long unit = wait.Call == WaitCalls.Select ? NanosecondsPerMicrosecond : 1;
        Span<byte> time = stackalloc byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(time, nanoseconds / NanosecondsPerSecond);
        BinaryPrimitives.WriteInt64LittleEndian(time[sizeof(long)..], nanoseconds % NanosecondsPerSecond / unit);
        using var memory = ProcessMemory.Open(thread);
        RandomAccess.Write(memory, time, (long)wait.SelectLimitAddress);
    }
}
