namespace Figment.Migration.Handover;

/// <summary>A migration at its target.</summary>
public sealed record TargetState
{
    public required TargetPhase Phase { get; init; }

    /// <summary>Under which the machine is to run here.</summary>
    public required long Epoch { get; init; }

    /// <summary>Why nothing of it is here, or why it does not run yet.</summary>
    public string? Reason { get; init; }

    /// <summary>When the phase has lasted too long.</summary>
    public long? DeadlineMs { get; init; }

    /// <summary>When it is asked for the verdict again, or started again.</summary>
    public long? AgainAtMs { get; init; }

    /// <summary>How often it was.</summary>
    public int Times { get; init; }

    /// <summary>When <see cref="TargetInput.Due"/> is to come.</summary>
    public long? DueMs => DeadlineMs is null ? AgainAtMs : AgainAtMs is null ? DeadlineMs : Math.Min(DeadlineMs.Value, AgainAtMs.Value);
}
