using System.Collections.Immutable;
using Figment.Model.Signals;

namespace Figment.Machines.Intervals;

/// <summary>
/// Cuts intervals. What was used is known for an interval as a whole; its parts get it in proportion to their length, and together they have exactly all of it.
/// </summary>
public static class Slices
{
    /// <summary>The hours that a closed interval lies in, each with its part.</summary>
    public static IEnumerable<MachineHour> Hours(MachineInterval interval)
    {
        var end = interval.End ?? throw new ArgumentException("an interval that goes on cannot be folded", nameof(interval));
        var from = interval.Begin;
        do
        {
            var hour = HourOf(from);
            var to = hour.AddHours(1) < end ? hour.AddHours(1) : end;
            bool isFirst = from == interval.Begin;
            yield return new MachineHour
            {
                Machine = interval.Machine,
                Service = interval.Service,
                State = interval.State,
                Hour = hour,
                WallUs = Us(to - from),
                Begun = isFirst ? 1 : 0,
                Usage = Part(interval.Usage ?? new MachineUsage(), Us(from - interval.Begin), Us(to - interval.Begin), Us(end - interval.Begin)),
                Wakes = isFirst && interval is { IsWake: true, Cause: { } cause }
                    ? ImmutableSortedDictionary<SignalKind, int>.Empty.Add(cause, 1)
                    : ImmutableSortedDictionary<SignalKind, int>.Empty,
            };
            from = to;
        }
        while (from < end);
    }

    /// <summary>What of the interval lies after a moment; null if nothing does. A wake before the moment is not one after it.</summary>
    /// <param name="interval">Closed, or open with an <paramref name="now"/>.</param>
    /// <param name="since">Null: all of it.</param>
    /// <param name="now">Where an open interval is cut off.</param>
    public static MachineInterval? After(MachineInterval interval, DateTimeOffset? since, DateTimeOffset now)
    {
        var end = interval.End ?? (now > interval.Begin ? now : interval.Begin);
        if (since is not { } moment || moment <= interval.Begin)
        {
            return interval with { End = end };
        }

        return moment >= end ? null : interval with
        {
            Begin = moment,
            End = end,
            IsWake = false,
            Usage = interval.Usage is { } usage ? Part(usage, Us(moment - interval.Begin), Us(end - interval.Begin), Us(end - interval.Begin)) : null,
        };
    }

    /// <summary>What of an hour lies after a moment, taking it for spread evenly over the hour; null if nothing does.</summary>
    public static MachineHour? After(MachineHour hour, DateTimeOffset? since)
    {
        if (since is not { } moment || moment <= hour.Hour)
        {
            return hour;
        }

        long passed = Us(moment - hour.Hour);
        long whole = Us(TimeSpan.FromHours(1));
        return passed >= whole ? null : hour with
        {
            WallUs = hour.WallUs - Share(hour.WallUs, passed, whole),
            Begun = hour.Begun - (int)Share(hour.Begun, passed, whole),
            Usage = Part(hour.Usage, passed, whole, whole),
            Wakes = hour.Wakes.ToImmutableSortedDictionary(wakes => wakes.Key, wakes => wakes.Value - (int)Share(wakes.Value, passed, whole)),
        };
    }

    public static DateTimeOffset HourOf(DateTimeOffset moment) => new(moment.UtcTicks - (moment.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);

    /// <summary>To the microsecond before: sums of times are exact only of whole ones.</summary>
    public static DateTimeOffset Whole(DateTimeOffset moment) => moment.AddTicks(-(moment.Ticks % TimeSpan.TicksPerMicrosecond));

    private static long Us(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    private static MachineUsage Part(MachineUsage usage, long fromUs, long toUs, long lengthUs) => lengthUs == 0 ? usage : new MachineUsage
    {
        ProcessorUs = Share(usage.ProcessorUs, toUs, lengthUs) - Share(usage.ProcessorUs, fromUs, lengthUs),
        MemoryKibMs = Share(usage.MemoryKibMs, toUs, lengthUs) - Share(usage.MemoryKibMs, fromUs, lengthUs),
        NetworkReceivedBytes = Share(usage.NetworkReceivedBytes, toUs, lengthUs) - Share(usage.NetworkReceivedBytes, fromUs, lengthUs),
        NetworkSentBytes = Share(usage.NetworkSentBytes, toUs, lengthUs) - Share(usage.NetworkSentBytes, fromUs, lengthUs),
    };

    private static long Share(long amount, long partUs, long wholeUs) => (long)((Int128)amount * partUs / wholeUs);
}
