namespace Figment.Images.Manifests;

/// <summary>image-spec, descriptor.md.</summary>
internal sealed record BlobDescriptor
{
    public string? MediaType { get; init; }

    public string? Digest { get; init; }

    public long Size { get; init; }

    public PlatformDocument? Platform { get; init; }

    public IReadOnlyDictionary<string, string?>? Annotations { get; init; }
}
