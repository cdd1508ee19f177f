using System.Text.Json.Serialization;
using Figment.Model.Signals;

namespace Figment.Model.Launch;

/// <summary>The JSON of launch files and ledger: camelCase, enums as words, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApplicationLaunch))]
[JsonSerializable(typeof(MachineLaunch))]
[JsonSerializable(typeof(MachineEvent))]
public sealed partial class LaunchJson : JsonSerializerContext;
