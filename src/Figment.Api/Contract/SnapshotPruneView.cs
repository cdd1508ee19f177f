namespace Figment.Api.Contract;

public sealed record SnapshotPruneView
{
    /// <summary>Files of stored pages that are gone.</summary>
    public required int Packs { get; init; }

    /// <summary>Blocks of pages within files that stay.</summary>
    public required int Blocks { get; init; }

    public required long FreedBytes { get; init; }
}
