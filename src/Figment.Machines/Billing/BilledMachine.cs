using Figment.Machines.Intervals;

namespace Figment.Machines.Billing;

/// <summary>What a machine is billed for.</summary>
public sealed record BilledMachine
{
    public required string Name { get; init; }

    public required string Service { get; init; }

    /// <summary>Limit of its Compose file; null: none.</summary>
    public decimal? Vcpus { get; init; }

    public decimal? MemoryGib { get; init; }

    /// <summary>Oldest first, all closed: cut off at the time of the bill.</summary>
    public IReadOnlyList<MachineInterval> Intervals { get; init; } = [];

    /// <summary>What is known by the hour only; before the intervals.</summary>
    public IReadOnlyList<MachineHour> Hours { get; init; } = [];
}
