using System.Collections.Immutable;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Intervals;

/// <summary>All intervals of a machine in one state, as far as they lie in one hour, folded together.</summary>
public sealed record MachineHour
{
    public required string Machine { get; init; }

    public required string Service { get; init; }

    public required MachineState State { get; init; }

    /// <summary>A full hour of UTC.</summary>
    public required DateTimeOffset Hour { get; init; }

    /// <summary>How much of the hour.</summary>
    public required long WallUs { get; init; }

    /// <summary>Intervals that began in this hour.</summary>
    public int Begun { get; init; }

    public MachineUsage Usage { get; init; } = new();

    /// <summary>Wakes in this hour by their causes.</summary>
    public ImmutableSortedDictionary<SignalKind, int> Wakes { get; init; } = ImmutableSortedDictionary<SignalKind, int>.Empty;

    /// <summary>The same hour of the same machine and state, with more in it.</summary>
    public MachineHour With(MachineHour more)
    {
        var wakes = Wakes;
        foreach (var (cause, count) in more.Wakes)
        {
            wakes = wakes.SetItem(cause, wakes.GetValueOrDefault(cause) + count);
        }

        return this with { WallUs = WallUs + more.WallUs, Begun = Begun + more.Begun, Usage = Usage + more.Usage, Wakes = wakes };
    }
}
