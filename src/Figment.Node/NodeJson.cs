using System.Text.Json.Serialization;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Node.Identity;
using Figment.Node.Members;
using Figment.Node.Moves;

namespace Figment.Node;

/// <summary>The JSON that the node keeps for itself.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApplicationSpec))]
[JsonSerializable(typeof(IReadOnlyDictionary<SignalKind, int>))]
[JsonSerializable(typeof(IReadOnlyList<GivenToken>))]
[JsonSerializable(typeof(MemberList))]
[JsonSerializable(typeof(JoinAsk))]
[JsonSerializable(typeof(JoinAnswer))]
[JsonSerializable(typeof(Hello))]
[JsonSerializable(typeof(Placement))]
[JsonSerializable(typeof(MoveOffer))]
[JsonSerializable(typeof(MoveRecord))]
[JsonSerializable(typeof(MoveWords))]
[JsonSerializable(typeof(ApplicationPart))]
[JsonSerializable(typeof(string))]
internal sealed partial class NodeJson : JsonSerializerContext;
