using System.Text.Json.Serialization;

namespace Figment.Images.Manifests;

/// <summary>A token server's answer.</summary>
internal sealed record TokenDocument
{
    public string? Token { get; init; }

    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }
}
