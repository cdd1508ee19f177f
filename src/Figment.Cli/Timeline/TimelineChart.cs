using System.Globalization;
using Figment.Api.Contract;
using Figment.Cli.Output;

namespace Figment.Cli.Timeline;

/// <summary>What is drawn: lanes, and how narrow a bar may be. Pure.</summary>
internal sealed class TimelineChart
{
    /// <summary>A browser draws so many within a second or two.</summary>
    private const int BarsMax = 30_000;

    public required string Title { get; init; }

    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    public required TimeZoneInfo Zone { get; init; }

    public required IReadOnlyList<TimelineLane> Lanes { get; init; }

    public TimeSpan Span => To - From;

    /// <summary>Intervals shorter than the resolution are drawn together; it is doubled until there are few enough bars for a browser.</summary>
    /// <param name="finest">What the picture can show.</param>
    /// <returns>Bars of each lane, and the resolution.</returns>
    public (IReadOnlyList<IReadOnlyList<TimelineBar>> Bars, TimeSpan Resolution) Bars(TimeSpan finest)
    {
        var resolution = finest > TimeSpan.Zero ? finest : TimeSpan.FromTicks(1);
        while (true)
        {
            var bars = Lanes.Select(lane => Bars(lane, resolution)).ToList();
            if (bars.Sum(lane => lane.Count) <= Math.Max(BarsMax, Lanes.Count) || resolution >= Span)
            {
                return (bars, resolution);
            }

            resolution *= 2;
        }
    }

    public DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone);

    /// <summary>Time of day to the millisecond.</summary>
    public string Moment(DateTimeOffset at) => Local(at).ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);

    public static string Duration(TimeSpan span) => span switch
    {
        { Ticks: 0 } => "0 s",
        { TotalMilliseconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMicroseconds:0} µs"),
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0.#} ms"),
        { TotalMinutes: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s"),
        { TotalHours: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0.0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0.0} h"),
    };

    private List<TimelineBar> Bars(TimelineLane lane, TimeSpan resolution)
    {
        var bars = new List<TimelineBar>();
        var narrow = new List<IntervalView>();
        foreach (var interval in lane.Intervals)
        {
            if (interval.End - interval.Begin >= resolution)
            {
                Flush();
                bars.Add(Bar(lane, [interval]));
                continue;
            }

            narrow.Add(interval);
            if (interval.End - narrow[0].Begin >= resolution)
            {
                Flush();
            }
        }

        Flush();
        return bars;

        void Flush()
        {
            if (narrow.Count > 0)
            {
                bars.Add(Bar(lane, narrow));
                narrow.Clear();
            }
        }
    }

    private TimelineBar Bar(TimelineLane lane, IReadOnlyList<IntervalView> intervals)
    {
        var (first, last) = (intervals[0], intervals[^1]);
        var (begin, end) = (first.Begin, last.End!.Value);
        if (intervals.Count == 1)
        {
            string cause = first.Signal is { } signal ? $": {SignalText.Of(signal, first.ExitCode)}" : first.Cause is { } kind ? $": {SignalText.Word(kind)}" : "";
            return new TimelineBar(first.State, begin, end, 1, $"{lane.Name} {StateText.Word(first.State)} for {Duration(end - begin)}, {Moment(begin)} to {Moment(end)}{cause}");
        }

        var states = intervals
            .GroupBy(interval => interval.State)
            .Select(group => (State: group.Key, Time: TimeSpan.FromTicks(group.Sum(interval => (interval.End!.Value - interval.Begin).Ticks))))
            .OrderByDescending(state => state.Time)
            .ToList();
        string times = string.Join(", ", states.Select(state => $"{StateText.Word(state.State)} {Duration(state.Time)}"));
        return new TimelineBar(states[0].State, begin, end, intervals.Count, $"{lane.Name}, {intervals.Count} intervals from {Moment(begin)} to {Moment(end)}: {times}");
    }
}
