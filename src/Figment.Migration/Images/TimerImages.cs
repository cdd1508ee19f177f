namespace Figment.Migration.Images;

/// <summary>The timers of a dump: what was left of them then is less by now, and some have ended.</summary>
internal static class TimerImages
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;
    private const ulong NanosecondsPerMicrosecond = 1_000;

    /// <summary>Others count processor time, of which a machine on storage takes none: CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME and the two that wake a computer.</summary>
    private static readonly uint[] s_clocksThatGoOn = [0, 1, 7, 8, 9];

    /// <summary>Of descriptors. One that has ended meanwhile is readable, with how often it has.</summary>
    public static void Advance(ImageFile files, TimeSpan away)
    {
        ulong passed = NanosecondsOf(away);
        for (int index = 0; index < files.Count; index++)
        {
            var entry = files.Read(index, FileEntry.Parser);
            if (entry is not { Kind: FileKind.Timer, Timer: { } timer } || !s_clocksThatGoOn.Contains(timer.Clock))
            {
                continue;
            }

            ulong left = Join(timer.LeftSeconds, timer.LeftNanoseconds);
            ulong interval = Join(timer.IntervalSeconds, timer.IntervalNanoseconds);
            if (left == 0)
            {
                continue;
            }

            if (passed < left)
            {
                left -= passed;
            }
            else if (interval == 0)
            {
                (left, timer.Ticks) = (0, timer.Ticks + 1);
            }
            else
            {
                ulong behind = passed - left;
                (left, timer.Ticks) = (interval - (behind % interval), timer.Ticks + 1 + (behind / interval));
            }

            (timer.LeftSeconds, timer.LeftNanoseconds) = (left / NanosecondsPerSecond, left % NanosecondsPerSecond);
            files.Replace(index, entry);
        }
    }

    /// <summary>Of a process, which end with a signal: one that should have come is due at once. Returns whether there are any.</summary>
    public static bool AdvanceCore(ImageFile core, TimeSpan away)
    {
        bool changed = false;
        for (int index = 0; index < core.Count; index++)
        {
            var state = core.Read(index, CoreState.Parser);
            if (state.Task?.Timers is not { } timers)
            {
                continue;
            }

            bool any = AdvanceReal(timers.Real, NanosecondsOf(away));
            foreach (var timer in timers.Posix.Where(timer => s_clocksThatGoOn.Contains(timer.Clock)))
            {
                any |= AdvancePosix(timer, NanosecondsOf(away));
            }

            if (any)
            {
                core.Replace(index, state);
                changed = true;
            }
        }

        return changed;
    }

    /// <summary>Of a time namespace.</summary>
    public static void AdvanceClocks(ImageFile clocks, TimeSpan away)
    {
        for (int index = 0; index < clocks.Count; index++)
        {
            var shown = clocks.Read(index, ClocksEntry.Parser);
            foreach (var time in new[] { shown.Monotonic, shown.Boot })
            {
                ulong now = Join(time.Seconds, time.Nanoseconds) + NanosecondsOf(away);
                (time.Seconds, time.Nanoseconds) = (now / NanosecondsPerSecond, now % NanosecondsPerSecond);
            }

            clocks.Replace(index, shown);
        }
    }

    private static bool AdvanceReal(IntervalTimer? timer, ulong passed)
    {
        if (timer is null || (timer.LeftSeconds == 0 && timer.LeftMicroseconds == 0))
        {
            return false;
        }

        ulong left = Join(timer.LeftSeconds, timer.LeftMicroseconds * NanosecondsPerMicrosecond);
        left = Math.Max(left > passed ? left - passed : 0, NanosecondsPerMicrosecond);
        (timer.LeftSeconds, timer.LeftMicroseconds) = (left / NanosecondsPerSecond, left % NanosecondsPerSecond / NanosecondsPerMicrosecond);
        return true;
    }

    private static bool AdvancePosix(PosixTimer timer, ulong passed)
    {
        ulong left = Join(timer.LeftSeconds, timer.LeftNanoseconds);
        if (left == 0)
        {
            return false;
        }

        left = left > passed ? left - passed : 1;
        (timer.LeftSeconds, timer.LeftNanoseconds) = (left / NanosecondsPerSecond, left % NanosecondsPerSecond);
        return true;
    }

    /// <summary>More than the number holds is damage, and longer than anything lives.</summary>
    private static ulong Join(ulong seconds, ulong nanoseconds) => seconds > long.MaxValue / NanosecondsPerSecond || nanoseconds > long.MaxValue ? long.MaxValue : (seconds * NanosecondsPerSecond) + nanoseconds;

    private static ulong NanosecondsOf(TimeSpan away) => (ulong)Math.Max(0, away.Ticks) * (ulong)TimeSpan.NanosecondsPerTick;
}
