using System.Text.Json.Serialization;

namespace Figment.Images.Manifests;

/// <summary>JSON that others write. Names are matched exactly, as the specifications ask; unknown ones are ignored.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 64)]
[JsonSerializable(typeof(ManifestDocument))]
[JsonSerializable(typeof(ConfigDocument))]
[JsonSerializable(typeof(IReadOnlyList<SavedImageDocument>))]
[JsonSerializable(typeof(LayoutDocument))]
[JsonSerializable(typeof(TokenDocument))]
[JsonSerializable(typeof(DockerConfigDocument))]
internal sealed partial class ManifestJson : JsonSerializerContext;
