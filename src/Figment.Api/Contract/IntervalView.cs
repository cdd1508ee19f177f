using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Api.Contract;

/// <summary>A stretch of time that a machine spent in one state. Those of a machine tile time: each begins where the one before ends.</summary>
public sealed record IntervalView
{
    public required string Machine { get; init; }

    public required string Service { get; init; }

    public required MachineState State { get; init; }

    public required DateTimeOffset Begin { get; init; }

    /// <summary>Null: it goes on.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>What brought the machine into this state; null: it was there from the start.</summary>
    public SignalKind? Cause { get; init; }

    /// <summary>The same in full, in a timeline; null also when the event is not kept any more.</summary>
    public Signal? Signal { get; init; }

    /// <summary>In a timeline: the exit code of the program whose end began this interval.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The machine was at rest before, and is not now.</summary>
    public bool IsWake { get; init; }

    /// <summary>What was used in it, so far if it goes on; null: it had no program.</summary>
    public MachineUsage? Usage { get; init; }
}
