using System.Text.Json.Serialization;

namespace Figment.Keeper.Learning;

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(LearntFile))]
internal sealed partial class LearntJson : JsonSerializerContext;
