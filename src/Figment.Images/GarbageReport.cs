namespace Figment.Images;

/// <summary>What a collection of garbage removed.</summary>
public sealed record GarbageReport
{
    /// <summary>True if a pull or load was under way: nothing was done, call again later.</summary>
    public bool Busy { get; init; }

    public IReadOnlyList<string> ImagesRemoved { get; init; } = [];

    public int LayersRemoved { get; init; }

    public int BlobsRemoved { get; init; }

    /// <summary>Sizes of the files removed.</summary>
    public long BytesFreed { get; init; }
}
