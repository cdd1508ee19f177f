namespace Figment.Api.Contract;

/// <summary>What came of a clone.</summary>
public sealed record CloneView
{
    /// <summary>The new one.</summary>
    public required MachineView Machine { get; init; }

    /// <summary>For how long the other one stood still, in milliseconds; null if nobody is left who knows.</summary>
    public long? PauseMs { get; init; }

    /// <summary>Until there was a snapshot of it.</summary>
    public required long CopyMs { get; init; }

    /// <summary>Until the new machine ran.</summary>
    public required long TookMs { get; init; }

    /// <summary>What the user should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
