using System.Text.Json.Serialization;

namespace Figment.Images.Store;

/// <summary>JSON of the store's own files.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImageRecord))]
[JsonSerializable(typeof(LayerRecord))]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
internal sealed partial class StoreJson : JsonSerializerContext;
