namespace Figment.Migration.Store;

/// <summary>How an exported snapshot begins; the contents of its files follow in this order.</summary>
internal sealed record ExportHead
{
    public required SnapshotInfo Info { get; init; }

    public required IReadOnlyList<RecordEntry> Entries { get; init; }
}
