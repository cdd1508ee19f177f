using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Intervals;

/// <summary>
/// A stretch of time that a machine spent in one state. From a machine's first one on they tile time: each begins where the one before ends, and the last one is open.
/// Moments are whole microseconds, so that this is exact.
/// </summary>
public sealed record MachineInterval
{
    public required string Machine { get; init; }

    public required string Service { get; init; }

    public required MachineState State { get; init; }

    public required DateTimeOffset Begin { get; init; }

    /// <summary>Null: it goes on.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>What brought the machine into this state; null: it was there from the start.</summary>
    public SignalKind? Cause { get; init; }

    /// <summary>The machine was at rest before, and is not now.</summary>
    public bool IsWake { get; init; }

    /// <summary>Null: it had no program, or nothing was measured.</summary>
    public MachineUsage? Usage { get; init; }

    public static bool Wakes(MachineState from, MachineState to) =>
        from is MachineState.Imaginary or MachineState.Frozen or MachineState.Hibernated or MachineState.Stopped or MachineState.Completed or MachineState.Failed
        && to is MachineState.Waiting or MachineState.Starting or MachineState.Running;
}
