using System.Text.Json.Serialization;

namespace Figment.Images.Manifests;

/// <summary>One entry of <c>manifest.json</c> in an archive of <c>docker save</c>.</summary>
internal sealed record SavedImageDocument
{
    [JsonPropertyName("Config")]
    public string? Config { get; init; }

    [JsonPropertyName("RepoTags")]
    public IReadOnlyList<string?>? RepoTags { get; init; }

    [JsonPropertyName("Layers")]
    public IReadOnlyList<string?>? Layers { get; init; }
}
