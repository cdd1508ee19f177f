namespace Figment.Migration.Store;

/// <summary>What a snapshot has, and what it takes. Bytes.</summary>
public sealed record SnapshotSizes
{
    /// <summary>Its files, unpacked.</summary>
    public required long Logical { get; init; }

    /// <summary>Of these, pages of zeros, which take nothing.</summary>
    public required long Zeros { get; init; }

    /// <summary>Its record and all blocks that it needs.</summary>
    public required long Stored { get; init; }

    /// <summary>Of these, what goes with it when it is removed and garbage collected.</summary>
    public required long Unique { get; init; }

    /// <summary>Of these, what other snapshots need too.</summary>
    public long Shared => Stored - Unique;
}
