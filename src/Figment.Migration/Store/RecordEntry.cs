using Figment.Linux.Trees;

namespace Figment.Migration.Store;

/// <summary>One folder, file, symbolic link, FIFO or whiteout (a character device 0:0) of a snapshot.</summary>
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

    /// <summary>Of a symbolic link.</summary>
    public string? Target { get; init; }

    /// <summary>The path of an earlier entry, of which this is a second name: only the first says what it is like.</summary>
    public string? SameAs { get; init; }

    /// <summary>Extended attributes that go along (<see cref="AttributeRules"/>), by their names.</summary>
    public IReadOnlyDictionary<string, byte[]>? Attributes { get; init; }

    /// <summary>Of a file's first name, in bytes; else 0.</summary>
    public required long Length { get; init; }

    /// <summary>Of a file in the store: the hash of its pages' addresses and its length.</summary>
    public byte[]? Digest { get; init; }

    /// <summary>Of a file in the store: runs of three numbers, which are the record's block (-1: zeros), the first page there, and how many. The last page is filled up with zeros.</summary>
    public int[]? Pages { get; init; }

    public bool HasContent => Kind == TreeEntryKind.File && SameAs is null;

    public long PageCount => (Length / StoreLimits.PageBytes) + (Length % StoreLimits.PageBytes == 0 ? 0 : 1);

    public FileTime Modified => new(ModifiedSeconds, ModifiedNanoseconds);
}
