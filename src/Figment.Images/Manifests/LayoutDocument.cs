namespace Figment.Images.Manifests;

/// <summary>The file <c>oci-layout</c>.</summary>
internal sealed record LayoutDocument
{
    public string? ImageLayoutVersion { get; init; }
}
