namespace Figment.Simulation;

/// <summary>How a simulation is run.</summary>
public sealed record SimulationOptions
{
    /// <summary>How long machines are counted; null: until the last request has been served, if it was served at once.</summary>
    public long? HorizonUs { get; init; }

    public FaultPlan Faults { get; init; } = new();

    /// <summary>The events of the ledger are part of the result; intervals always are.</summary>
    public bool KeepsEvents { get; init; }
}
