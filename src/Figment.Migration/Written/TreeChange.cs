namespace Figment.Migration.Written;

/// <summary>How a tree differs from what was said before; at first nothing is there.</summary>
internal sealed record TreeChange
{
    /// <summary>New, or others than before.</summary>
    public required IReadOnlyList<WrittenEntry> Entries { get; init; }

    /// <summary>Paths that are there no more.</summary>
    public required IReadOnlyList<string> Gone { get; init; }

    /// <summary>Contents that no file has any more.</summary>
    public required IReadOnlyList<int> Dropped { get; init; }
}
