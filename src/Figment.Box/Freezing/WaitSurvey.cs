using Figment.Linux.Cgroups;
using Figment.Linux.Waits;

namespace Figment.Box.Freezing;

/// <summary>Looks at all threads of a machine, and remembers what they waited for: a wait that was interrupted by freezing is restarted, and then the kernel does not say any more which it was. One thread.</summary>
internal sealed class WaitSurvey(MachineCgroup cgroup, TimeProvider time)
{
    private const long NanosecondsPerMillisecond = 1_000_000;
    private const int ClockRealtime = 0;
    private const int ClockMonotonic = 1;

    private Dictionary<(int Process, int Thread), KnownWait> _last = [];

    /// <summary>Of all threads, if all wait for something that can be watched; else null, and what is in the way, which <paramref name="passes"/> if it is a thread that runs just now.</summary>
    public IReadOnlyDictionary<(int Process, int Thread), KnownWait>? Look(long tickMs, out string busy, out bool passes)
    {
        Dictionary<(int, int), KnownWait> waits = [];
        (busy, passes) = ("it has no process", false);
        foreach (int process in cgroup.Processes())
        {
            foreach (var (thread, wait) in ThreadWaits.Of(process))
            {
                if (Know((process, thread), wait, tickMs, out busy) is not { } known)
                {
                    passes = wait.Reason == WaitReason.Runs;
                    return null;
                }

                waits[(process, thread)] = known;
            }
        }

        if (waits.Count == 0)
        {
            return null;
        }

        _last = waits;
        return waits;
    }

    /// <summary>Every thread is in the wait that was seen before, and there are no others.</summary>
    public bool IsUnchanged(IReadOnlyDictionary<(int Process, int Thread), KnownWait> before)
    {
        int threads = 0;
        foreach (int process in cgroup.Processes())
        {
            foreach (var (thread, wait) in ThreadWaits.Of(process))
            {
                threads++;
                if (before.GetValueOrDefault((process, thread)) is not { } known || (wait.Call, wait.Place) != (known.Wait.Call, known.Wait.Place))
                {
                    return false;
                }
            }
        }

        return threads == before.Count;
    }

    private KnownWait? Know((int Process, int Thread) who, ThreadWait wait, long tickMs, out string busy)
    {
        busy = "";
        if (wait.IsRestarted && _last.GetValueOrDefault(who) is { } former && former.Wait.Place == wait.Place)
        {
            return former with { Wait = former.Wait with { Call = wait.Call } };
        }

        if (wait.Reason is WaitReason.Runs or WaitReason.Unknown)
        {
            busy = wait.Reason == WaitReason.Runs ? $"thread {who.Thread} of process {who.Process} runs" : $"thread {who.Thread} of process {who.Process} is in system call {wait.Call}, which may end at any time";
            return null;
        }

        if (wait.Limit is not { } limit)
        {
            return new KnownWait(wait, null, IsTick: false);
        }

        if (EndOf(who, limit) is { } end)
        {
            // A limit that is a point in time (the JVM's own clock) is as short as what is between it and the moment in which the thread fell asleep.
            long? span = limit.Clock is null ? limit.Nanoseconds : end - SleepClock.FellAsleep(who.Process, who.Thread);
            return new KnownWait(wait, end, span < tickMs * NanosecondsPerMillisecond);
        }

        busy = $"it cannot be told when system call {wait.Call} of thread {who.Thread} of process {who.Process} ends";
        return null;
    }

    private long? EndOf((int Process, int Thread) who, WaitLimit limit) => limit.Clock switch
    {
        null => SleepClock.FellAsleep(who.Process, who.Thread) is { } began ? Sum(began, limit.Nanoseconds) : null,
        ClockMonotonic => limit.Nanoseconds,
        ClockRealtime => Sum(MonotonicClock.Now(time), limit.Nanoseconds - ((time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick)),
        _ => null,
    };

    private static long Sum(long one, long other) => (long)Int128.Clamp((Int128)one + other, 0, long.MaxValue);
}
