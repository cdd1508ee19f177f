using System.Text.Json.Serialization;

namespace Figment.Api.Contract;

/// <summary>camelCase, enums as words, nulls left out, times in RFC 3339 UTC.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApiError))]
[JsonSerializable(typeof(MoveRequest))]
[JsonSerializable(typeof(IReadOnlyList<MoveView>))]
[JsonSerializable(typeof(MoveView))]
[JsonSerializable(typeof(VersionView))]
[JsonSerializable(typeof(DoctorView))]
[JsonSerializable(typeof(UpRequest))]
[JsonSerializable(typeof(ProgressLine))]
[JsonSerializable(typeof(CheckpointView))]
[JsonSerializable(typeof(CloneRequest))]
[JsonSerializable(typeof(CloneView))]
[JsonSerializable(typeof(ApplicationView))]
[JsonSerializable(typeof(IReadOnlyList<ApplicationSummary>))]
[JsonSerializable(typeof(IReadOnlyList<MachineView>))]
[JsonSerializable(typeof(MachineDetail))]
[JsonSerializable(typeof(ActionRequest))]
[JsonSerializable(typeof(IReadOnlyList<EventView>))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(ExecRequest))]
[JsonSerializable(typeof(AttachRequest))]
[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(IReadOnlyList<UsageView>))]
[JsonSerializable(typeof(IReadOnlyList<ImageView>))]
[JsonSerializable(typeof(PullRequest))]
[JsonSerializable(typeof(LoadRequest))]
[JsonSerializable(typeof(PruneView))]
[JsonSerializable(typeof(IReadOnlyList<SnapshotView>))]
[JsonSerializable(typeof(SnapshotDetail))]
[JsonSerializable(typeof(SnapshotPruneView))]
[JsonSerializable(typeof(BillRequest))]
[JsonSerializable(typeof(BillView))]
[JsonSerializable(typeof(TopView))]
[JsonSerializable(typeof(IntervalView))]
[JsonSerializable(typeof(IReadOnlyList<NodeView>))]
[JsonSerializable(typeof(NodeInitRequest))]
[JsonSerializable(typeof(NodeJoinRequest))]
[JsonSerializable(typeof(NodeTokenRequest))]
[JsonSerializable(typeof(NodeTokenView))]
public sealed partial class ApiJson : JsonSerializerContext;
