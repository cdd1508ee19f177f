namespace Figment.Migration.Store;

/// <summary>How a <see cref="SnapshotStore"/> keeps snapshots.</summary>
public sealed record StoreOptions
{
    /// <summary>zstd's own scale; beyond it a level takes seconds a snapshot for a hundredth of its size.</summary>
    public const int CompressionLevelMax = 19;

    /// <summary>More than one disk and the programs beside it bear.</summary>
    private const int ThreadsMax = 4;

    /// <summary>Of zstd, 1 to 19; 0 keeps all as it is. May differ from publication to publication.</summary>
    public int CompressionLevel { get; init; } = 3;

    /// <summary>What all snapshots together may take; null: what the file system has. A publication that would take more is refused, nothing is removed by itself.</summary>
    public long? QuotaBytes { get; init; }

    /// <summary>A file of 32 random bytes, readable by its owner alone: what is stored is encrypted with it. Null: it is not. It must be the one that the store was made with.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Of one snapshot before it is compressed; an imported one that says it has more is refused. 32 bytes a page (128 MiB for all of this) are held while one is read.</summary>
    public long SnapshotBytesMax { get; init; } = 16L << 30;

    /// <summary>That decompress while a snapshot is unpacked or verified.</summary>
    public int Threads { get; init; } = Math.Min(ThreadsMax, Environment.ProcessorCount);
}
