using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Figment.Api.Contract;
using Figment.Model.Specs;

namespace Figment.Cli.Output;

/// <summary>JSON on stdout: what the API gives, as the API writes it, and the few shapes that only the command line has.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<ApplicationSummary>))]
[JsonSerializable(typeof(IReadOnlyList<MachineView>))]
[JsonSerializable(typeof(IReadOnlyList<MachineDetail>))]
[JsonSerializable(typeof(IReadOnlyList<EventView>))]
[JsonSerializable(typeof(IReadOnlyList<ImageView>))]
[JsonSerializable(typeof(TopReport))]
[JsonSerializable(typeof(IReadOnlyList<PortRow>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(ApplicationView))]
[JsonSerializable(typeof(ApplicationSpec))]
[JsonSerializable(typeof(MachineView))]
[JsonSerializable(typeof(CloneView))]
[JsonSerializable(typeof(IReadOnlyList<CheckpointView>))]
[JsonSerializable(typeof(IReadOnlyList<MoveView>))]
[JsonSerializable(typeof(DoctorView))]
[JsonSerializable(typeof(PruneView))]
[JsonSerializable(typeof(IReadOnlyList<SnapshotView>))]
[JsonSerializable(typeof(IReadOnlyList<SnapshotDetail>))]
[JsonSerializable(typeof(SnapshotPruneView))]
[JsonSerializable(typeof(IReadOnlyList<NodeView>))]
[JsonSerializable(typeof(NodeTokenView))]
[JsonSerializable(typeof(BillView))]
[JsonSerializable(typeof(VersionRow))]
[JsonSerializable(typeof(DaemonRow))]
[JsonSerializable(typeof(SimulationView))]
internal sealed partial class CliJson : JsonSerializerContext
{
    public static void Write<T>(TextWriter output, T value, JsonTypeInfo<T> type) => output.WriteLine(JsonSerializer.Serialize(value, type));
}
