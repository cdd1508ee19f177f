using System.Globalization;
using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Waits;

/// <summary>
/// When a thread fell asleep, which says when a wait that was given a span will end. The kernel keeps the moment a thread was last charged for its processor (<c>se.exec_start</c> in
/// <c>/proc/PID/sched</c>), on a clock of that processor's own which leaves out what was stolen from it. So the processor's clock is read at the same time, from a thread that
/// has just been put on it: what is found is right but for what was stolen from the processor since the thread fell asleep. One thread.
/// </summary>
public static class SleepClock
{
    private const string MomentKey = "se.exec_start";
    private const int ProcessorsMax = 8192;
    private const int ProcessorField = 36;

    /// <summary>Nanoseconds of CLOCK_MONOTONIC. Null if the thread is gone, runs, or the kernel does not tell (/proc/PID/sched missing, or a processor that this process may not use).</summary>
    public static long? FellAsleep(int process, int thread)
    {
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task/{thread}");
        try
        {
            long? moment = Moment(folder + "/sched");
            int processor = Processor(File.ReadAllText(folder + "/stat"));
            return moment is { } value && Offset(processor) is { } offset && Moment(folder + "/sched") == moment ? value + offset : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException || (exception is IOException && exception.HResult == (int)Errno.ESRCH))
        {
            return null;
        }
    }

    /// <summary>What a processor's clock is behind CLOCK_MONOTONIC; null if this thread may not run there.</summary>
    private static unsafe long? Offset(int processor)
    {
        const int Words = ProcessorsMax / 64;
        ulong* before = stackalloc ulong[Words];
        ulong* there = stackalloc ulong[Words];
        new Span<ulong>(there, Words).Clear();
        there[processor / 64] = 1UL << (processor % 64);
        if (Libc.sched_getaffinity(0, Words * sizeof(ulong), before) < 0 || Libc.sched_setaffinity(0, Words * sizeof(ulong), there) < 0)
        {
            return null;
        }

        try
        {
            // The moment is that of the last switch or tick: after a yield it is now.
            Thread.Yield();
            long now = (long)(TimeProvider.System.GetTimestamp() * (1e9 / TimeProvider.System.TimestampFrequency));
            return Moment("/proc/thread-self/sched") is { } moment ? now - moment : null;
        }
        finally
        {
            _ = Libc.sched_setaffinity(0, Words * sizeof(ulong), before);
        }
    }

    /// <summary>Milliseconds with six decimals, in nanoseconds.</summary>
    private static long? Moment(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        foreach (string line in File.ReadLines(path))
        {
            if (line.StartsWith(MomentKey, StringComparison.Ordinal))
            {
                return decimal.TryParse(line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal milliseconds)
                    ? (long)(milliseconds * 1_000_000)
                    : null;
            }
        }

        return null;
    }

    /// <summary>The processor it last ran on, of <c>/proc/PID/stat</c>; the name in brackets may hold anything.</summary>
    private static int Processor(string stat) => int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[ProcessorField], CultureInfo.InvariantCulture);
}
