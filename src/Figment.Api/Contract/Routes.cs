namespace Figment.Api.Contract;

/// <summary>
/// The HTTP interface of a node, over the Unix socket <c>figment.sock</c>. Bodies are JSON (<see cref="ApiJson"/>). Streams are JSON lines (<c>application/jsonl</c>).
/// Errors are <see cref="ApiError"/> with status 400, 403, 404, 409, 422, 500 or 503; inside a stream the last line carries them.
/// <c>{app}</c> is an application's name, <c>{machine}</c> a machine's name in it.
/// </summary>
public static class Routes
{
    /// <summary>GET: <see cref="VersionView"/>.</summary>
    public const string Version = "/v1/version";

    /// <summary>GET: <see cref="DoctorView"/>.</summary>
    public const string Doctor = "/v1/doctor";

    /// <summary>GET: <see cref="ApplicationSummary"/> array.</summary>
    public const string Applications = "/v1/applications";

    /// <summary>GET: <see cref="ApplicationView"/>. PUT <see cref="UpRequest"/>: stream of <see cref="ProgressLine"/>. DELETE <c>?volumes=true&amp;timeoutMs=N</c>: stream of <see cref="ProgressLine"/>.</summary>
    public const string Application = "/v1/applications/{app}";

    /// <summary>GET <c>?app=NAME</c> (all applications without it): <see cref="MachineView"/> array.</summary>
    public const string Machines = "/v1/machines";

    /// <summary>GET: <see cref="MachineDetail"/>. DELETE <c>?force=true</c>: forgets what it wrote.</summary>
    public const string Machine = "/v1/applications/{app}/machines/{machine}";

    /// <summary>
    /// POST <see cref="ActionRequest"/>: <see cref="MachineView"/> afterwards. <c>{action}</c>: start, stop, restart, kill, restore (<c>?force=true</c>: also if it has a program);
    /// checkpoint: <see cref="CheckpointView"/>.
    /// </summary>
    public const string Action = "/v1/applications/{app}/machines/{machine}/{action}";

    /// <summary>GET <c>?limit=N</c>: <see cref="EventView"/> array, newest last: why it is in its state. The last wake says why who caused it was awake (<see cref="EventView.Because"/>).</summary>
    public const string Why = "/v1/applications/{app}/machines/{machine}/why";

    /// <summary>GET <c>?follow=true&amp;tail=N&amp;since=TIME&amp;until=TIME</c>: stream of <see cref="LogLine"/>.</summary>
    public const string Logs = "/v1/applications/{app}/machines/{machine}/logs";

    /// <summary>POST <see cref="ExecRequest"/> with <c>Upgrade: figment-stream</c>: 101, then frames as <see cref="Figment.Model.Control.StreamRequest"/> says. Refused: <see cref="ApiError"/> with <see cref="ApiError.ExitCode"/>.</summary>
    public const string Exec = "/v1/applications/{app}/machines/{machine}/exec";

    /// <summary>POST <see cref="AttachRequest"/> with <c>Upgrade: figment-stream</c>: 101, then frames. Only while the machine has a program.</summary>
    public const string Attach = "/v1/applications/{app}/machines/{machine}/attach";

    /// <summary>POST <see cref="RunRequest"/> with <c>Upgrade: figment-stream</c>: makes a one-off machine of a service, starts it, 101, then frames until it ends.</summary>
    public const string Run = "/v1/applications/{app}/run";

    /// <summary>GET <c>?app=NAME&amp;since=TIME&amp;follow=true</c>: stream of <see cref="EventView"/>.</summary>
    public const string Events = "/v1/events";

    /// <summary>GET <c>?app=NAME</c>: <see cref="UsageView"/> array, one sample.</summary>
    public const string Usage = "/v1/usage";

    /// <summary>GET <c>?app=NAME</c>: <see cref="TopView"/>, one sample of machines and node.</summary>
    public const string Top = "/v1/top";

    /// <summary>
    /// GET <c>?since=TIME&amp;until=TIME</c>: stream of <see cref="IntervalView"/>, by machine, oldest first, with what brought each about. Intervals of the last day; those before are folded. Also of an application that is down.
    /// </summary>
    public const string Timeline = "/v1/applications/{app}/timeline";

    /// <summary>GET: metrics in Prometheus' text format, docs/metrics.md.</summary>
    public const string Metrics = "/metrics";

    /// <summary>POST <see cref="BillRequest"/>: <see cref="BillView"/>. Also of an application that is down, as long as the journal knows of it. Changes nothing.</summary>
    public const string Bill = "/v1/applications/{app}/bill";

    /// <summary>GET: <see cref="ImageView"/> array. DELETE <c>?reference=R</c>: untags; layers go with <see cref="ImagesPrune"/>.</summary>
    public const string Images = "/v1/images";

    /// <summary>POST <see cref="PullRequest"/>: stream of <see cref="ProgressLine"/>.</summary>
    public const string ImagesPull = "/v1/images/pull";

    /// <summary>POST <see cref="LoadRequest"/>: stream of <see cref="ProgressLine"/>.</summary>
    public const string ImagesLoad = "/v1/images/load";

    /// <summary>POST: <see cref="PruneView"/>.</summary>
    public const string ImagesPrune = "/v1/images/prune";

    /// <summary>
    /// GET: <see cref="SnapshotView"/> array, oldest first. DELETE <c>?snapshot=S</c>: <see cref="SnapshotView"/> of what was removed; its room comes back with <see cref="SnapshotsPrune"/>.
    /// <c>S</c> is here and below an id, the beginning of one (4 digits or more), NAME, APP/MACHINE or APP/MACHINE:NAME.
    /// </summary>
    public const string Snapshots = "/v1/snapshots";

    /// <summary>GET <c>?snapshot=S</c>: <see cref="SnapshotDetail"/>.</summary>
    public const string SnapshotsInspect = "/v1/snapshots/inspect";

    /// <summary>POST <c>?snapshot=S</c> (all without it): reads and checks every page; stream of <see cref="SnapshotView"/>, each when it is done, a damaged one with its complaint.</summary>
    public const string SnapshotsVerify = "/v1/snapshots/verify";

    /// <summary>POST: <see cref="SnapshotPruneView"/>.</summary>
    public const string SnapshotsPrune = "/v1/snapshots/prune";

    /// <summary>GET <c>?snapshot=S</c>: the snapshot as one stream of bytes, checked before the first.</summary>
    public const string SnapshotsExport = "/v1/snapshots/export";

    /// <summary>POST such a stream of bytes: <see cref="SnapshotView"/>.</summary>
    public const string SnapshotsImport = "/v1/snapshots/import";

    /// <summary>GET: <see cref="NodeView"/> array of this node's cluster, empty if it belongs to none.</summary>
    public const string Nodes = "/v1/nodes";

    /// <summary>DELETE: takes the node out of the cluster, whether it answers or not.</summary>
    public const string Node = "/v1/nodes/{node}";

    /// <summary>POST <see cref="NodeInitRequest"/>: begins a cluster with this node; <see cref="NodeView"/>.</summary>
    public const string NodesInit = "/v1/nodes/init";

    /// <summary>POST <see cref="NodeTokenRequest"/>: <see cref="NodeTokenView"/>.</summary>
    public const string NodesTokens = "/v1/nodes/tokens";

    /// <summary>POST <see cref="NodeJoinRequest"/>: this node joins; <see cref="NodeView"/>.</summary>
    public const string NodesJoin = "/v1/nodes/join";

    /// <summary>POST <c>?force=true</c>: this node leaves; with force also if it has the authority that others need.</summary>
    public const string NodesLeave = "/v1/nodes/leave";

    /// <summary>POST <see cref="CloneRequest"/>: another machine begins where this one is, which goes on; <see cref="CloneView"/> once it runs.</summary>
    public const string Clones = "/v1/machines/{app}/{machine}/clones";

    /// <summary>POST <see cref="MoveRequest"/>: the machine moves to another node; stream of <see cref="ProgressLine"/>.</summary>
    public const string Migrations = "/v1/machines/{app}/{machine}/migrations";

    /// <summary>POST <see cref="FastFreezeCheckpoint"/>: a line of text when it is done. With <see cref="FastFreezeRuns"/> what a client of FastFreeze's daemon asks for, below another address.</summary>
    public const string FastFreezeCheckpoints = "/v1/machines/{app}/{machine}/checkpoint";

    /// <summary>POST <see cref="FastFreezeRun"/>: a line of text when the machine runs.</summary>
    public const string FastFreezeRuns = "/v1/machines/{app}/{machine}/run";

    /// <summary>GET: <see cref="MoveView"/> array of moves from this node that are under way or were.</summary>
    public const string MigrationList = "/v1/migrations";

    /// <summary>GET: <see cref="MoveView"/>. DELETE: calls a move off, as long as it can be.</summary>
    public const string Migration = "/v1/migrations/{id}";

    /// <summary>POST: the daemon ends; applications go on.</summary>
    public const string Shutdown = "/v1/shutdown";

    /// <summary>GET: OpenAPI document.</summary>
    public const string OpenApi = "/openapi/v1.json";

    public const string UpgradeProtocol = "figment-stream";

    /// <summary>
    /// A request for a stream (<see cref="Exec"/>, <see cref="Attach"/>, <see cref="Run"/> with <c>Upgrade</c>) has no body: its JSON stands in this header, as base64,
    /// because Kestrel takes no upgrade from a request with a body.
    /// </summary>
    public const string StreamRequestHeader = "Figment-Request";

    /// <summary>Room for <see cref="StreamRequestHeader"/>: about the longest command line that one would type into a shell. The daemon's server must accept headers of this size.</summary>
    public const int StreamRequestHeaderBytesMax = 256 * 1024;
}
