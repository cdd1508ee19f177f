using Figment.Machines.Intervals;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Cli.Output;

/// <summary>One interval of a simulated machine.</summary>
internal sealed record TimelineRow
{
    public required string Machine { get; init; }

    public required string Service { get; init; }

    public required MachineState State { get; init; }

    /// <summary>Seconds from the trace's beginning.</summary>
    public required decimal Begin { get; init; }

    public required decimal End { get; init; }

    public SignalKind? Cause { get; init; }

    public bool Simulated { get; init; } = true;

    public static TimelineRow Of(MachineInterval interval) => new()
    {
        Machine = interval.Machine,
        Service = interval.Service,
        State = interval.State,
        Begin = Seconds(interval.Begin),
        End = Seconds(interval.End!.Value),
        Cause = interval.Cause,
    };

    private static decimal Seconds(DateTimeOffset moment) => (moment - DateTimeOffset.UnixEpoch).Ticks / (decimal)TimeSpan.TicksPerSecond;
}
