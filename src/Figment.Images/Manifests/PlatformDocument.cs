namespace Figment.Images.Manifests;

/// <summary>The platform of an index's entry.</summary>
internal sealed record PlatformDocument
{
    public string? Architecture { get; init; }

    public string? Os { get; init; }

    public string? Variant { get; init; }

    public ImagePlatform? ToPlatform() => Os is null || Architecture is null ? null : new ImagePlatform(Os, Architecture, Variant);
}
