namespace Figment.Migration.Handover;

/// <summary>A migration at its source.</summary>
public sealed record SourceState
{
    public required SourcePhase Phase { get; init; }

    /// <summary>Under which the machine is to run at the target.</summary>
    public required long Epoch { get; init; }

    /// <summary>Why it was aborted, or what the target says that keeps it from running.</summary>
    public string? Reason { get; init; }

    /// <summary>Digest of all that was sent.</summary>
    public string? Digest { get; init; }

    /// <summary>When the phase has lasted too long.</summary>
    public long? DeadlineMs { get; init; }

    /// <summary>When the last word is said again.</summary>
    public long? AgainAtMs { get; init; }

    /// <summary>How often it was.</summary>
    public int Times { get; init; }

    /// <summary>When <see cref="SourceInput.Due"/> is to come.</summary>
    public long? DueMs => DeadlineMs is null ? AgainAtMs : AgainAtMs is null ? DeadlineMs : Math.Min(DeadlineMs.Value, AgainAtMs.Value);
}
