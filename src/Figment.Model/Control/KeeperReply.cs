using Figment.Model.Signals;

namespace Figment.Model.Control;

/// <summary>A keeper's answer. <see cref="Error"/> is null on success.</summary>
public sealed record KeeperReply
{
    /// <summary>What failed, on which object, why, what next.</summary>
    public string? Error { get; init; }

    /// <summary>For <see cref="KeeperRequest.Status"/>, and with one element for requests about one machine.</summary>
    public IReadOnlyList<MachineStatus>? Machines { get; init; }

    /// <summary>For <see cref="KeeperRequest.TakeSnapshot"/>: for how long the machine stood still.</summary>
    public long? PauseMs { get; init; }

    /// <summary>For <see cref="KeeperRequest.Status"/>.</summary>
    public IReadOnlyList<SnapshotCount>? Snapshots { get; init; }

    /// <summary>For <see cref="KeeperRequest.Watch"/>.</summary>
    public MachineEvent? Event { get; init; }

    /// <summary>For <see cref="KeeperRequest.Status"/>.</summary>
    public long? Epoch { get; init; }
}
