namespace Figment.Images.Manifests;

/// <summary>A manifest or an index of OCI, or Docker's equivalents: which one it is depends on what is set (image-spec, manifest.md and image-index.md).</summary>
internal sealed record ManifestDocument
{
    public int SchemaVersion { get; init; }

    public string? MediaType { get; init; }

    public BlobDescriptor? Config { get; init; }

    public IReadOnlyList<BlobDescriptor?>? Layers { get; init; }

    public IReadOnlyList<BlobDescriptor?>? Manifests { get; init; }
}
