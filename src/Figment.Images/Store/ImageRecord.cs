namespace Figment.Images.Store;

/// <summary>One image of the store, as <c>images/ID.json</c> holds it. Written last: an image with a record is complete.</summary>
internal sealed record ImageRecord
{
    public required string Id { get; init; }

    public string? ManifestDigest { get; init; }

    /// <summary>Diff ids, base layer first.</summary>
    public required IReadOnlyList<string> DiffIds { get; init; }

    public required DateTimeOffset StoredAt { get; init; }
}
