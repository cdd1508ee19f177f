using Figment.Linux.Waits;

namespace Figment.Box.Freezing;

/// <summary>
/// Timers that end in a signal (alarm, setitimer, timer_create) are not to be seen from outside; the signal is. While the machine is frozen, those of its processes that may have such timers
/// are looked at from time to time. One thread.
/// </summary>
internal sealed class AlarmWatch
{
    /// <summary>For a thread that waits for nothing but a signal, a timer is what it lives by.</summary>
    private const int SignalWaitLookMs = 50;

    /// <summary>For others it limits how long something may take, and nothing is under way.</summary>
    private const int OtherLookMs = 1_000;

    private readonly List<(int Process, int Thread)> _suspects = [];

    /// <summary>Time until the next look; without suspects a wait of any length will do.</summary>
    public int LookMs { get; private set; } = int.MaxValue;

    /// <summary>The machine is frozen, its threads wait so.</summary>
    public void Begin(IReadOnlyDictionary<(int Process, int Thread), KnownWait> waits)
    {
        _suspects.Clear();
        LookMs = int.MaxValue;
        foreach (var process in waits.GroupBy(wait => wait.Key.Process))
        {
            bool hasTimers = ProcessSignals.HasTimers(process.Key);
            if (!hasTimers && ProcessSignals.Of(process.Key, process.Key) is not { CatchesAlarm: true })
            {
                continue;
            }

            // A signal of alarm(2) is the process's and shows at each thread; one of timer_create(2) may be a single thread's.
            _suspects.AddRange(hasTimers ? process.Select(wait => wait.Key) : [(process.Key, process.Key)]);
            LookMs = Math.Min(LookMs, process.Any(wait => wait.Value.Wait.Reason == WaitReason.Signal) ? SignalWaitLookMs : OtherLookMs);
        }
    }

    /// <summary>Null, or which signal has come.</summary>
    public string? Arrived()
    {
        foreach (var (process, thread) in _suspects)
        {
            if (ProcessSignals.Of(process, thread) is { Pending: not 0 and var pending })
            {
                return $"signal {System.Numerics.BitOperations.TrailingZeroCount(pending) + 1} for process {process}";
            }
        }

        return null;
    }
}
