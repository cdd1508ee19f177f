namespace Figment.Model.Control;

/// <summary>Snapshots of a service's machines since the keeper began.</summary>
public sealed record SnapshotCount
{
    public required string Service { get; init; }

    public required SnapshotUse Use { get; init; }

    public long Done { get; init; }

    /// <summary>That boxes refused or could not make.</summary>
    public long Failed { get; init; }

    /// <summary>Of those that are done, from begin to end.</summary>
    public long TookMs { get; init; }

    /// <summary>For how long their machines stood still.</summary>
    public long PauseMs { get; init; }

    /// <summary>Of their images.</summary>
    public long Bytes { get; init; }
}
