using System.Text.Json.Serialization;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Node.Identity;

namespace Figment.Node;

/// <summary>The JSON that the node keeps for itself.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApplicationSpec))]
[JsonSerializable(typeof(IReadOnlyDictionary<SignalKind, int>))]
[JsonSerializable(typeof(IReadOnlyList<GivenToken>))]
internal sealed partial class NodeJson : JsonSerializerContext;
