namespace Figment.Api.Contract;

/// <summary>What came of a checkpoint.</summary>
public sealed record CheckpointView
{
    /// <summary>The snapshot's id; null after a mere check.</summary>
    public string? Snapshot { get; init; }

    /// <summary>For how long the machine stood still, in milliseconds; null if nobody is left who knows.</summary>
    public long? PauseMs { get; init; }

    /// <summary>From the wish to a snapshot that the store has, or is thrown away after a check, in milliseconds.</summary>
    public long TookMs { get; init; }

    /// <summary>Its files, unpacked; null after a mere check.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Afterwards.</summary>
    public MachineView? Machine { get; init; }
}
