namespace Figment.Api.Contract;

/// <summary>A snapshot of a machine that the node keeps.</summary>
public sealed record SnapshotView
{
    /// <summary>32 hexadecimal digits; later ones sort behind earlier ones.</summary>
    public required string Id { get; init; }

    /// <summary>Null, as are the other facts: it cannot be read.</summary>
    public string? Application { get; init; }

    public string? Machine { get; init; }

    /// <summary>That a user gave it.</summary>
    public string? Name { get; init; }

    /// <summary>Of the machine's specification.</summary>
    public string? Revision { get; init; }

    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>When it came into this store.</summary>
    public DateTimeOffset? PublishedAt { get; init; }

    /// <summary>Its files, unpacked.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>What it takes, with what it shares with others.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Why it is of no use, and what to do; null: nothing is known against it.</summary>
    public string? Complaint { get; init; }
}
