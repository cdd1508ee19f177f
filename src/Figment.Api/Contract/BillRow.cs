using Figment.Model.Signals;

namespace Figment.Api.Contract;

/// <summary>A machine's, a service's or a state's part of a bill, or all of it.</summary>
public sealed record BillRow
{
    public required string Name { get; init; }

    /// <summary>How many machines are in it.</summary>
    public required int Machines { get; init; }

    public required IReadOnlyList<StateTime> States { get; init; }

    public required MachineUsage Usage { get; init; }

    public required IReadOnlyList<WakeCount> Wakes { get; init; }

    public required IReadOnlyList<BillCost> Costs { get; init; }
}
