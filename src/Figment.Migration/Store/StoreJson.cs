using System.Text.Json.Serialization;

namespace Figment.Migration.Store;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SnapshotRecord))]
[JsonSerializable(typeof(StoreMark))]
[JsonSerializable(typeof(ExportHead))]
internal sealed partial class StoreJson : JsonSerializerContext;
