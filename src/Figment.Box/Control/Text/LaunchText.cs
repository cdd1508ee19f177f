using System.Text.Json;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Box.Control.Text;

/// <summary>
/// Reads what a keeper launches. By hand: the serializer's own preparation for these types takes 6 ms and 700 KiB at each start of a machine, the reading itself none
/// (docs/decisions/0011). A test holds it against the serializer, field by field.
/// </summary>
internal static class LaunchText
{
    private static readonly MachineLaunch Defaults = new()
    {
        Name = "",
        Service = "",
        Number = 0,
        Revision = "",
        Hostname = "",
        Start = StartMode.Unset,
        Program = new ProgramLaunch { Arguments = [] },
        Root = new RootLaunch { LowerDirectories = [], OverlayDirectory = "" },
    };

    private static readonly HealthCheckSpec HealthCheckDefaults = new();

    private static readonly ElasticSpec ElasticDefaults = new() { Max = 1 };

    private static readonly DependencySpec DependencyDefaults = new() { Service = "" };

    public static BoxMessage.Launch Read(JsonElement launch) => new()
    {
        Application = launch.Text("application"),
        Epoch = launch.Long("epoch"),
        Machine = Machine(launch.Required("machine")),
        RuntimeDirectory = launch.Text("runtimeDirectory"),
        StateDirectory = launch.Text("stateDirectory"),
        Cgroup = launch.Text("cgroup"),
        Networks = launch.Texts("networks"),
        Gateways = launch.Texts("gateways"),
        Placeholders = launch.List("placeholders", Port),
        BegunAt = launch.LongOrNull("begunAt") ?? 0,
        RestoreFrom = launch.TextOrNull("restoreFrom"),
        UsesSnapshotUp = launch.Flag("usesSnapshotUp") ?? false,
        KeptConnections = launch.NumberOrNull("keptConnections"),
        IsClone = launch.Flag("isClone") ?? false,
        Arrives = launch.Flag("arrives") ?? false,
    };

    public static TransportProtocol Protocol(string text) => text switch
    {
        nameof(TransportProtocol.Tcp) => TransportProtocol.Tcp,
        nameof(TransportProtocol.Udp) => TransportProtocol.Udp,
        _ => throw Unknown("protocol", text),
    };

    public static ListenFamily Family(string? text) => text switch
    {
        null or nameof(ListenFamily.Unknown) => ListenFamily.Unknown,
        nameof(ListenFamily.Ipv4) => ListenFamily.Ipv4,
        nameof(ListenFamily.DualStack) => ListenFamily.DualStack,
        _ => throw Unknown("family", text),
    };

    public static CheckpointConnections Connections(string? text) => text switch
    {
        null or nameof(CheckpointConnections.Stop) => CheckpointConnections.Stop,
        nameof(CheckpointConnections.Keep) => CheckpointConnections.Keep,
        nameof(CheckpointConnections.Close) => CheckpointConnections.Close,
        _ => throw Unknown("way with connections", text),
    };

    private static MachineLaunch Machine(JsonElement machine) => new()
    {
        Name = machine.Text("name"),
        Service = machine.Text("service"),
        Number = machine.Number("number"),
        Node = machine.TextOrNull("node"),
        Revision = machine.Text("revision"),
        Kind = machine.TextOrNull("kind") ?? Defaults.Kind,
        FromSnapshot = machine.Flag("fromSnapshot") ?? false,
        Hostname = machine.Text("hostname"),
        DomainName = machine.TextOrNull("domainName"),
        Interfaces = machine.List("interfaces", Interface),
        Ports = machine.List("ports", Port),
        Published = machine.List("published", Published),
        Start = Start(machine.Text("start")),
        SettleMs = machine.LongOrNull("settleMs") ?? Defaults.SettleMs,
        StartTimeoutMs = machine.LongOrNull("startTimeoutMs") ?? Defaults.StartTimeoutMs,
        Idle = machine.Find("idle") is { } idle ? Idle(idle) : Defaults.Idle,
        Elastic = machine.Find("elastic") is { } elastic ? Elastic(elastic) : null,
        DependsOn = machine.List("dependsOn", Dependency),
        Restart = machine.Find("restart") is { } restart ? Restart(restart) : Defaults.Restart,
        HealthCheck = machine.Find("healthCheck") is { } health ? HealthCheck(health) : null,
        Program = Program(machine.Required("program")),
        Root = Root(machine.Required("root")),
        Mounts = machine.List("mounts", Mount),
        ExtraHosts = machine.Pairs("extraHosts"),
        ResolvConf = machine.Texts("resolvConf"),
        Resources = machine.Find("resources") is { } resources ? Resources(resources) : Defaults.Resources,
        Ulimits = machine.List("ulimits", limit => new UlimitSpec { Name = limit.Text("name"), Soft = limit.Long("soft"), Hard = limit.Long("hard") }),
        Sysctls = machine.Pairs("sysctls"),
        Capabilities = machine.Texts("capabilities"),
        Logging = machine.Find("logging") is { } logging ? Logging(logging) : Defaults.Logging,
        PostStart = machine.List("postStart", Hook),
        PreStop = machine.List("preStop", Hook),
        AfterRestore = machine.List("afterRestore", Hook),
        OneOff = machine.Flag("oneOff") ?? false,
        AwaitsAttach = machine.Flag("awaitsAttach") ?? false,
    };

    private static ProgramLaunch Program(JsonElement program) => new()
    {
        Arguments = program.Texts("arguments"),
        Environment = program.Texts("environment"),
        WorkingDirectory = program.TextOrNull("workingDirectory") ?? Defaults.Program.WorkingDirectory,
        User = program.TextOrNull("user"),
        AdditionalGroups = program.Texts("additionalGroups"),
        Init = program.Flag("init") ?? false,
        Tty = program.Flag("tty") ?? false,
        StdinOpen = program.Flag("stdinOpen") ?? false,
        StopSignal = program.NumberOrNull("stopSignal") ?? Defaults.Program.StopSignal,
        StopGraceMs = program.LongOrNull("stopGraceMs") ?? Defaults.Program.StopGraceMs,
    };

    private static RootLaunch Root(JsonElement root) => new()
    {
        LowerDirectories = root.Texts("lowerDirectories"),
        OverlayDirectory = root.Text("overlayDirectory"),
        ReadOnly = root.Flag("readOnly") ?? false,
        Host = root.Flag("host") ?? false,
    };

    private static InterfaceLaunch Interface(JsonElement eth) => new()
    {
        Network = eth.Text("network"),
        Address = eth.Text("address"),
        Ipv6Address = eth.TextOrNull("ipv6Address"),
        MacAddress = eth.TextOrNull("macAddress"),
        Aliases = eth.Texts("aliases"),
    };

    private static KnownPort Port(JsonElement port) => new()
    {
        Port = port.Number("port"),
        Protocol = Protocol(port.Text("protocol")),
        Family = Family(port.TextOrNull("family")),
    };

    private static PublishedPort Published(JsonElement port) => new()
    {
        HostIp = port.TextOrNull("hostIp"),
        HostPort = port.Number("hostPort"),
        Port = port.Number("port"),
        Protocol = Protocol(port.TextOrNull("protocol") ?? nameof(TransportProtocol.Tcp)),
    };

    private static MountLaunch Mount(JsonElement mount) => new()
    {
        Kind = mount.Text("kind") switch
        {
            nameof(MountKind.Bind) => MountKind.Bind,
            nameof(MountKind.Volume) => MountKind.Volume,
            nameof(MountKind.Tmpfs) => MountKind.Tmpfs,
            var text => throw Unknown("kind of mount", text),
        },
        Source = mount.TextOrNull("source"),
        Target = mount.Text("target"),
        ReadOnly = mount.Flag("readOnly") ?? false,
        CopyUp = mount.Flag("copyUp") ?? false,
        SizeBytes = mount.LongOrNull("sizeBytes") ?? 0,
        Mode = mount.NumberOrNull("mode"),
        Propagation = mount.TextOrNull("propagation"),
    };

    private static HealthCheckSpec HealthCheck(JsonElement health) => new()
    {
        Test = health.Texts("test"),
        Shell = health.Flag("shell") ?? false,
        Disable = health.Flag("disable") ?? false,
        IntervalMs = health.LongOrNull("intervalMs") ?? HealthCheckDefaults.IntervalMs,
        TimeoutMs = health.LongOrNull("timeoutMs") ?? HealthCheckDefaults.TimeoutMs,
        Retries = health.NumberOrNull("retries") ?? HealthCheckDefaults.Retries,
        StartPeriodMs = health.LongOrNull("startPeriodMs") ?? HealthCheckDefaults.StartPeriodMs,
        StartIntervalMs = health.LongOrNull("startIntervalMs") ?? HealthCheckDefaults.StartIntervalMs,
    };

    private static HookSpec Hook(JsonElement hook) => new()
    {
        Command = hook.Texts("command"),
        User = hook.TextOrNull("user"),
        WorkingDir = hook.TextOrNull("workingDir"),
        Environment = hook.List("environment", pair => new KeyValuePair<string, string?>(pair.Text("key"), pair.TextOrNull("value"))),
    };

    private static LoggingSpec Logging(JsonElement logging) => new()
    {
        Enabled = logging.Flag("enabled") ?? Defaults.Logging.Enabled,
        MaxSizeBytes = logging.LongOrNull("maxSizeBytes") ?? Defaults.Logging.MaxSizeBytes,
        MaxFiles = logging.NumberOrNull("maxFiles") ?? Defaults.Logging.MaxFiles,
    };

    private static ResourceSpec Resources(JsonElement resources) => new()
    {
        Cpus = resources.RealOrNull("cpus"),
        CpusReserved = resources.RealOrNull("cpusReserved"),
        MemoryBytes = resources.LongOrNull("memoryBytes"),
        MemoryReservedBytes = resources.LongOrNull("memoryReservedBytes"),
        MemorySwapBytes = resources.LongOrNull("memorySwapBytes"),
        PidsMax = resources.LongOrNull("pidsMax"),
        ShmSizeBytes = resources.LongOrNull("shmSizeBytes"),
    };

    public static IdleSpec Idle(JsonElement idle) => new()
    {
        FreezeAfterMs = idle.LongOrNull("freezeAfterMs") ?? Defaults.Idle.FreezeAfterMs,
        ReclaimAfterMs = idle.LongOrNull("reclaimAfterMs") ?? Defaults.Idle.ReclaimAfterMs,
        HibernateAfterMs = idle.LongOrNull("hibernateAfterMs") ?? Defaults.Idle.HibernateAfterMs,
        IgnoreHeartbeat = idle.Flag("ignoreHeartbeat") ?? false,
    };

    private static ElasticSpec Elastic(JsonElement elastic) => new()
    {
        Min = elastic.NumberOrNull("min") ?? 0,
        Max = elastic.Number("max"),
        ConnectionsTarget = elastic.NumberOrNull("connectionsTarget") ?? 0,
        ProcessorPercentTarget = elastic.NumberOrNull("processorPercentTarget") ?? 0,
        MemoryPercentTarget = elastic.NumberOrNull("memoryPercentTarget") ?? 0,
        ScaleInAfterMs = elastic.LongOrNull("scaleInAfterMs") ?? ElasticDefaults.ScaleInAfterMs,
        ReleaseAfterMs = elastic.LongOrNull("releaseAfterMs") ?? ElasticDefaults.ReleaseAfterMs,
    };

    private static DependencySpec Dependency(JsonElement dependency) => new()
    {
        Service = dependency.Text("service"),
        Condition = dependency.TextOrNull("condition") switch
        {
            null or nameof(DependencyCondition.Started) => DependencyCondition.Started,
            nameof(DependencyCondition.Healthy) => DependencyCondition.Healthy,
            nameof(DependencyCondition.CompletedSuccessfully) => DependencyCondition.CompletedSuccessfully,
            var text => throw Unknown("condition", text),
        },
        Restart = dependency.Flag("restart") ?? false,
        Required = dependency.Flag("required") ?? DependencyDefaults.Required,
    };

    private static RestartSpec Restart(JsonElement restart) => new()
    {
        Policy = restart.TextOrNull("policy") switch
        {
            null or nameof(RestartPolicy.No) => RestartPolicy.No,
            nameof(RestartPolicy.OnFailure) => RestartPolicy.OnFailure,
            nameof(RestartPolicy.Always) => RestartPolicy.Always,
            nameof(RestartPolicy.UnlessStopped) => RestartPolicy.UnlessStopped,
            var text => throw Unknown("restart policy", text),
        },
        MaxAttempts = restart.NumberOrNull("maxAttempts") ?? 0,
        DelayMs = restart.LongOrNull("delayMs") ?? 0,
        WindowMs = restart.LongOrNull("windowMs") ?? 0,
    };

    private static StartMode Start(string text) => text switch
    {
        nameof(StartMode.Unset) => StartMode.Unset,
        nameof(StartMode.OnDemand) => StartMode.OnDemand,
        nameof(StartMode.Eager) => StartMode.Eager,
        _ => throw Unknown("start", text),
    };

    private static InvalidDataException Unknown(string what, string text) => new($"{what} {text} is unknown");
}
