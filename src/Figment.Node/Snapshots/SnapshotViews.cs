using Figment.Api.Contract;
using Figment.Migration.Store;

namespace Figment.Node.Snapshots;

/// <summary>Snapshots as the API shows them.</summary>
internal static class SnapshotViews
{
    public static SnapshotView Of(StoredSnapshot snapshot) => new()
    {
        Id = snapshot.Id,
        Application = snapshot.Info?.Application,
        Machine = snapshot.Info?.Machine,
        Name = snapshot.Info?.Name,
        Revision = snapshot.Info?.Revision,
        TakenAt = snapshot.Info?.TakenAt,
        PublishedAt = snapshot.PublishedAt,
        SizeBytes = snapshot.Logical,
        StoredBytes = snapshot.Stored,
        Complaint = snapshot.Complaint,
    };

    public static SnapshotDetail Of(StoredSnapshot snapshot, SnapshotSizes sizes) => new()
    {
        Snapshot = Of(snapshot),
        ZeroBytes = sizes.Zeros,
        UniqueBytes = sizes.Unique,
        SharedBytes = sizes.Shared,
    };
}
