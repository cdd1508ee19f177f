using Figment.Model.Control;

namespace Figment.Node.Telemetry;

/// <summary>All that is measured by looking rather than by counting events, at one moment.</summary>
public sealed record TelemetrySample
{
    /// <summary>Those that the node has.</summary>
    public IReadOnlyList<string> Applications { get; init; } = [];

    public IReadOnlyList<MachineNow> Machines { get; init; } = [];

    /// <summary>With what goes on so far; several of one machine and state add up.</summary>
    public IReadOnlyList<MachineTotal> Totals { get; init; } = [];

    /// <summary>Of each application those that its keeper knows of.</summary>
    public IReadOnlyList<(string Application, SnapshotCount Count)> Snapshots { get; init; } = [];

    /// <summary>What the store of snapshots takes; null: there is none yet, or it cannot be read.</summary>
    public long? StoreBytes { get; init; }

    /// <summary>What it may take; null: there is no bound.</summary>
    public long? StoreQuotaBytes { get; init; }

    /// <summary>This daemon and its keepers.</summary>
    public IReadOnlyList<ProcessUse> Processes { get; init; } = [];
}
