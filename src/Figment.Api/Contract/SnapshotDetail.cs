namespace Figment.Api.Contract;

/// <summary>A snapshot, and what it takes.</summary>
public sealed record SnapshotDetail
{
    public required SnapshotView Snapshot { get; init; }

    /// <summary>Pages of zeros among its files, which take nothing.</summary>
    public required long ZeroBytes { get; init; }

    /// <summary>Of what it takes, what comes back when it is removed.</summary>
    public required long UniqueBytes { get; init; }

    /// <summary>Of what it takes, what other snapshots need too.</summary>
    public required long SharedBytes { get; init; }
}
