namespace Figment.Images;

/// <summary>An image that is complete in the store.</summary>
public sealed record StoredImage
{
    /// <summary>Digest of its configuration.</summary>
    public required string Id { get; init; }

    /// <summary>Digest of its manifest; null for an image out of an archive of <c>docker save</c>, which has none.</summary>
    public string? ManifestDigest { get; init; }

    /// <summary>Names that lead to it, in order.</summary>
    public required IReadOnlyList<ImageReference> References { get; init; }

    public required ImageConfig Config { get; init; }

    /// <summary>Folders of its layers, topmost first, none twice: lower folders for overlayfs.</summary>
    public required IReadOnlyList<string> LayerDirectories { get; init; }

    /// <summary>Bytes of its unpacked layers (those shared with other images too).</summary>
    public required long SizeBytes { get; init; }
}
