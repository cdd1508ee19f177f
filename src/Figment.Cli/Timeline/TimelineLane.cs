using Figment.Api.Contract;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Cli.Timeline;

/// <summary>A machine's way through the time that is shown.</summary>
internal sealed class TimelineLane
{
    private readonly Dictionary<MachineState, long> _ticks = [];

    private TimelineLane(string name, string service)
    {
        Name = name;
        Service = service;
    }

    public string Name { get; }

    public string Service { get; }

    /// <summary>Cut to the time that is shown, oldest first, each with an end.</summary>
    public IReadOnlyList<IntervalView> Intervals { get; private init; } = [];

    /// <summary>Those of the intervals that are a wake within the time.</summary>
    public IReadOnlyList<IntervalView> Wakes => [.. Intervals.Where(interval => interval.IsWake)];

    /// <summary>Wakes by somebody who wanted something of the machine: connections, datagrams, data for a port.</summary>
    public int ClientWakes => Intervals.Count(interval => interval.IsWake && IsByClient(interval));

    /// <summary>In the part that is shown, if it is spread evenly over its interval.</summary>
    public double ProcessorSeconds { get; private init; }

    public TimeSpan In(params ReadOnlySpan<MachineState> states)
    {
        long ticks = 0;
        foreach (var state in states)
        {
            ticks += _ticks.GetValueOrDefault(state);
        }

        return TimeSpan.FromTicks(ticks);
    }

    /// <summary>Null: nothing of the machine lies in that time.</summary>
    public static TimelineLane? Of(string name, IReadOnlyList<IntervalView> intervals, DateTimeOffset from, DateTimeOffset to)
    {
        double processorUs = 0;
        var cut = new List<IntervalView>();
        foreach (var interval in intervals)
        {
            var end = interval.End ?? to;
            var (begin, until) = (interval.Begin < from ? from : interval.Begin, end > to ? to : end);
            if (until < begin || interval.Begin >= to || (until == begin && until == from))
            {
                continue;
            }

            double whole = Math.Max(1, (end - interval.Begin).Ticks);
            processorUs += (interval.Usage?.ProcessorUs ?? 0) * (until - begin).Ticks / whole;
            cut.Add(interval with { Begin = begin, End = until, IsWake = interval.IsWake && begin == interval.Begin });
        }

        if (cut.Count == 0)
        {
            return null;
        }

        var lane = new TimelineLane(name, cut[0].Service) { Intervals = cut, ProcessorSeconds = processorUs / 1e6 };
        foreach (var interval in cut)
        {
            lane._ticks[interval.State] = lane._ticks.GetValueOrDefault(interval.State) + (interval.End!.Value - interval.Begin).Ticks;
        }

        return lane;
    }

    public static bool IsByClient(IntervalView wake) =>
        wake.Cause is SignalKind.Connection or SignalKind.Datagram or SignalKind.Connect || wake is { Cause: SignalKind.Data, Signal.Port: not null };
}
