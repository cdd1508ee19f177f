using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>Whose state a snapshot is.</summary>
public sealed record SnapshotInfo
{
    public required string Application { get; init; }

    public required string Machine { get; init; }

    /// <summary>Of the machine's specification.</summary>
    public required string Revision { get; init; }

    public required DateTimeOffset TakenAt { get; init; }

    public static SnapshotInfo Of(SnapshotManifest manifest) => new()
    {
        Application = manifest.Application,
        Machine = manifest.Machine,
        Revision = manifest.Revision,
        TakenAt = manifest.TakenAt,
    };
}
