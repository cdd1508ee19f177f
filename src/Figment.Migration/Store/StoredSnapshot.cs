namespace Figment.Migration.Store;

/// <summary>A snapshot that the store has.</summary>
public sealed record StoredSnapshot
{
    /// <summary>32 hexadecimal digits; later ones sort behind earlier ones.</summary>
    public required string Id { get; init; }

    /// <summary>Null: it cannot be read.</summary>
    public SnapshotInfo? Info { get; init; }

    public DateTimeOffset? PublishedAt { get; init; }

    /// <summary>Bytes of its files, unpacked.</summary>
    public long? Logical { get; init; }

    /// <summary>Bytes of its record and of all blocks that it needs, also if others need them too.</summary>
    public long? Stored { get; init; }

    /// <summary>Why it is of no use, and what to do; null: nothing is known against it.</summary>
    public string? Complaint { get; init; }
}
