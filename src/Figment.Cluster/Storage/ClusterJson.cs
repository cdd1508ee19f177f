using System.Text.Json.Serialization;
using Figment.Cluster.Grains;
using Figment.Model.Specs;

namespace Figment.Cluster.Storage;

/// <summary>Grain state as it stands in the journal.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DesiredApplication))]
[JsonSerializable(typeof(ApplicationSpec))]
internal sealed partial class ClusterJson : JsonSerializerContext;
