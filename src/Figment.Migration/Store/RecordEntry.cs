using Figment.Linux.Trees;

namespace Figment.Migration.Store;

/// <summary>One folder, file or symbolic link of a snapshot.</summary>
internal sealed record RecordEntry
{
    /// <summary>From the snapshot's folder, which is "" itself; parts between slashes.</summary>
    public required string Path { get; init; }

    public required TreeEntryKind Kind { get; init; }

    /// <summary>The lower twelve bits.</summary>
    public required int Mode { get; init; }

    public required uint User { get; init; }

    public required uint Group { get; init; }

    public required long ModifiedSeconds { get; init; }

    public required int ModifiedNanoseconds { get; init; }

    /// <summary>Of a link.</summary>
    public string? Target { get; init; }

    /// <summary>Of a file, in bytes; else 0.</summary>
    public required long Length { get; init; }

    /// <summary>Of a file in the store: the hash of its pages' addresses and its length.</summary>
    public byte[]? Digest { get; init; }

    /// <summary>Of a file in the store: runs of three numbers, which are the record's block (-1: zeros), the first page there, and how many. The last page is filled up with zeros.</summary>
    public int[]? Pages { get; init; }

    public long PageCount => (Length / StoreLimits.PageBytes) + (Length % StoreLimits.PageBytes == 0 ? 0 : 1);

    public FileTime Modified => new(ModifiedSeconds, ModifiedNanoseconds);
}
