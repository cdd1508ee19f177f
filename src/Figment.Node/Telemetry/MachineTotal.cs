using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Node.Telemetry;

/// <summary>What a machine spent in one state, in time and in what it used, as far as the journal knows.</summary>
public sealed record MachineTotal
{
    public required string Application { get; init; }

    public required string Machine { get; init; }

    public required string Service { get; init; }

    public required MachineState State { get; init; }

    public required long WallUs { get; init; }

    public MachineUsage Usage { get; init; } = new();
}
