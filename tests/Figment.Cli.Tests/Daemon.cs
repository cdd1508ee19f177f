using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Api.Tests;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Figment.Cli.Tests;

/// <summary>
/// The answers that the HTTP contract defines, fixed, behind a real HTTP server: what is under test here is the command line. What came is kept for the assertions.
/// </summary>
internal sealed class Daemon : IAsyncDisposable
{
    private SocketServer? _server;

    public static readonly DateTimeOffset At = new(2026, 3, 1, 14, 3, 22, TimeSpan.Zero);

    public string SocketPath => _server!.SocketPath;

    public string Folder => _server!.Folder;

    public ConcurrentQueue<string> Seen { get; } = [];

    public UpRequest? Up { get; private set; }

    public ExecRequest? Exec { get; private set; }

    public RunRequest? Run { get; private set; }

    public BillRequest? Asked { get; private set; }

    public Snapshots Snapshots { get; } = new();

    public List<string> Applications { get; } = ["guestbook"];

    /// <summary>What a timeline tells.</summary>
    public IReadOnlyList<IntervalView> Intervals { get; set; } = Timelines.Guestbook();

    public List<MachineView> Machines { get; } = [Web(1), Web(2), Redis()];

    public static async Task<Daemon> StartAsync()
    {
        var daemon = new Daemon();
        daemon._server = await SocketServer.StartAsync(daemon.Map);
        return daemon;
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    public Cli Cli(string workingDirectory = "/") => Tests.Cli.At(SocketPath, workingDirectory);

    public static MachineView Web(int number) => new()
    {
        Application = "guestbook",
        Machine = $"web-{number}",
        Service = "web",
        Image = "guestbook:1",
        Command = ["python3", "web.py"],
        State = number == 1 ? MachineState.Running : MachineState.Imaginary,
        Health = number == 1 ? HealthState.Healthy : HealthState.None,
        Since = At,
        Pid = number == 1 ? 4242 : null,
        Addresses = [KeyValuePair.Create("default", $"10.210.0.{number + 2}")],
        Ports = [new KnownPort { Port = 80, Protocol = TransportProtocol.Tcp, Family = ListenFamily.Ipv4 }, new KnownPort { Port = 53, Protocol = TransportProtocol.Udp }],
        Published = [new PublishedPort { HostIp = "127.0.0.1", HostPort = 8080, Port = 80 }],
        Cause = number == 1 ? Connection("10.0.0.9:55000", null, 80) : null,
    };

    public static MachineView Redis() => new()
    {
        Application = "guestbook",
        Machine = "redis-1",
        Service = "redis",
        Image = "redis:7",
        State = MachineState.Failed,
        ExitCode = 1,
        Since = At.AddHours(-3),
        Restarts = 2,
        Addresses = [KeyValuePair.Create("default", "10.210.0.5")],
        Ports = [new KnownPort { Port = 6379, Protocol = TransportProtocol.Tcp }],
    };

    public static Signal Connection(string address, string? machine, int port) =>
        new() { Kind = SignalKind.Connection, FromAddress = address, FromMachine = machine, Port = port, Protocol = TransportProtocol.Tcp };

    public static EventView Event(long sequence, double secondsAgo, string machine, MachineState from, MachineState to, Signal cause, int? exit = null, params string[] last) => new()
    {
        Application = "guestbook",
        Event = new MachineEvent { Sequence = sequence, At = At.AddSeconds(-secondsAgo), Machine = machine, From = from, To = to, Cause = cause, ExitCode = exit, LastLines = last },
    };

    public static IReadOnlyList<EventView> Events() =>
    [
        Event(1, 700, "redis-1", MachineState.Imaginary, MachineState.Starting, new Signal { Kind = SignalKind.Dependency, FromMachine = "web-1" }),
        Event(2, 699.888, "redis-1", MachineState.Starting, MachineState.Running, new Signal { Kind = SignalKind.Dependency, FromMachine = "web-1" }),
        Event(3, 100, "redis-1", MachineState.Running, MachineState.Imaginary, new Signal { Kind = SignalKind.Exit }, 137, "oops", "out of memory"),
        Event(4, 0.25, "redis-1", MachineState.Imaginary, MachineState.Starting, Connection("10.210.0.3:41822", "web-1", 6379)),
        Event(5, 0, "redis-1", MachineState.Starting, MachineState.Running, Connection("10.210.0.3:41822", "web-1", 6379)),
    ];

    /// <summary>As an answer to why: the last wake has its chain of causes.</summary>
    public static IReadOnlyList<EventView> Why() =>
    [
        .. Events().Select(view => view.Event.Sequence != 4 ? view : view with
        {
            Because = Event(2, 0.5, "web-1", MachineState.Frozen, MachineState.Running, Connection("10.210.0.4:5000", "front-1", 80)) with
            {
                Because = Event(1, 0.75, "front-1", MachineState.Imaginary, MachineState.Waiting, Connection("127.0.0.1:5555", null, 80)),
            },
        }),
    ];

    private void Map(WebApplication web)
    {
        web.Use(async (context, next) =>
        {
            Seen.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            await next();
        });
        web.MapGet(Routes.Version, context => Json(context, new VersionView { Version = "0.1.0", Kernel = "6.18.5", Cgroups = "v2", DaemonPid = 77, StartedAt = At }, ApiJson.Default.VersionView));
        web.MapGet(Routes.Doctor, context => Json(context, Doctor(), ApiJson.Default.DoctorView));
        web.MapPost(Routes.Shutdown, context => Task.CompletedTask);
        web.MapGet(Routes.Applications, context => Json(context, [.. Applications.Select(Summary)], ApiJson.Default.IReadOnlyListApplicationSummary));
        web.MapGet(Routes.Application, context => Json(context, View(), ApiJson.Default.ApplicationView));
        web.MapPut(Routes.Application, UpAsync);
        web.MapDelete(Routes.Application, context => LinesAsync(context, """{"subject":"machine web-1","status":"removed"}""", """{"done":true}"""));
        web.MapGet(Routes.Machines, context => Json(context, Machines, ApiJson.Default.IReadOnlyListMachineView));
        web.MapGet(Routes.Machine, context => Json(context, Detail(), ApiJson.Default.MachineDetail));
        web.MapDelete(Routes.Machine, context => Task.CompletedTask);
        web.MapPost(Routes.Action, ActAsync);
        web.MapPost(Routes.Clones, CloneAsync);
        web.MapGet(Routes.Why, context => Json(context, Why(), ApiJson.Default.IReadOnlyListEventView));
        web.MapGet(Routes.Events, context => LinesAsync(context, [.. Events().Select(view => JsonSerializer.Serialize(view, ApiJson.Default.EventView))]));
        web.MapGet(Routes.Logs, LogsAsync);
        web.MapGet(Routes.Top, context => Json(context, Top(), ApiJson.Default.TopView));
        web.MapGet(Routes.Timeline, context => LinesAsync(context, [.. Intervals.Select(interval => JsonSerializer.Serialize(interval, ApiJson.Default.IntervalView))]));
        web.MapPost(Routes.Bill, BillAsync);
        web.MapPost(Routes.Exec, ExecAsync);
        web.MapPost(Routes.Run, RunAsync);
        web.MapGet(Routes.Images, context => Json(context, [Image()], ApiJson.Default.IReadOnlyListImageView));
        web.MapDelete(Routes.Images, context => Task.CompletedTask);
        web.MapPost(Routes.ImagesPull, context => LinesAsync(context, """{"subject":"image redis:7","status":"pulling","current":1,"total":2}""", Line(new ProgressLine { Done = true, Images = [Image()] })));
        web.MapPost(Routes.ImagesLoad, context => LinesAsync(context, Line(new ProgressLine { Done = true, Images = [Image()] })));
        Snapshots.Map(web);
        Nodes.Map(web);
        web.MapPost(Routes.ImagesPrune, context => Json(context, new PruneView { Images = 2, Layers = 5, FreedBytes = 3_500_000 }, ApiJson.Default.PruneView));
    }

    private async Task BillAsync(HttpContext context)
    {
        Asked = await context.Request.ReadFromJsonAsync(ApiJson.Default.BillRequest);
        await Json(context, Bills.Of(Asked!.By), ApiJson.Default.BillView);
    }

    private async Task UpAsync(HttpContext context)
    {
        Up = await context.Request.ReadFromJsonAsync(ApiJson.Default.UpRequest);
        await LinesAsync(
            context,
            """{"subject":"network default","status":"made"}""",
            """{"subject":"image redis:7","status":"pulling","current":1048576,"total":4194304}""",
            """{"subject":"image redis:7","status":"pulling","current":4194304,"total":4194304}""",
            """{"subject":"image redis:7","status":"pulled"}""",
            """{"warning":"service web: cpuset is ignored"}""",
            Line(new ProgressLine { Done = true, Application = View() }));
    }

    private async Task ActAsync(HttpContext context)
    {
        string machine = (string)context.Request.RouteValues["machine"]!;
        if (machine == "redis-1")
        {
            context.Response.StatusCode = 409;
            await Json(context, new ApiError { Code = ErrorCode.Conflict, Message = "cannot stop redis-1: the application is going down", Hint = "figment ls" }, ApiJson.Default.ApiError);
            return;
        }

        await Json(context, Machines.First(view => view.Machine == machine) with { State = MachineState.Stopped, ExitCode = 143, Health = HealthState.None }, ApiJson.Default.MachineView);
    }

    private async Task CloneAsync(HttpContext context)
    {
        var asked = await context.Request.ReadFromJsonAsync(ApiJson.Default.CloneRequest);
        var machine = Machines.First(view => view.Machine == "web-1") with { Machine = asked!.Name ?? "web-clone-1", Published = [] };
        await Json(context, new CloneView { Machine = machine, PauseMs = 43, CopyMs = 120, TookMs = 212, Warnings = ["web-1 and web-clone-1: both draw the same random numbers"] }, ApiJson.Default.CloneView);
    }

    private static Task LogsAsync(HttpContext context) => (string)context.Request.RouteValues["machine"]! switch
    {
        "web-1" => LinesAsync(context, Log(0, "stdout", "one"), Log(2, "stderr", "three"), Log(4, "figment", "the program ended with exit code 1")),
        "web-2" => LinesAsync(context, Log(1, "stdout", "two"), Log(3, "stdout", "four")),
        _ => LinesAsync(context),
    };

    private async Task ExecAsync(HttpContext context)
    {
        Exec = JsonSerializer.Deserialize(Convert.FromBase64String(context.Request.Headers[Routes.StreamRequestHeader].ToString()), ApiJson.Default.ExecRequest);
        if (Exec!.Arguments[0] == "nonsense")
        {
            context.Response.StatusCode = 422;
            await Json(context, new ApiError { Code = ErrorCode.Failed, Message = "cannot run nonsense in web-1: there is no such program in its PATH", ExitCode = 127 }, ApiJson.Default.ApiError);
            return;
        }

        await using var frames = new FrameStream(await SocketServer.UpgradeAsync(context));
        if (Exec.Arguments[0] == "cut")
        {
            return;
        }

        await EchoAsync(frames, Exec.Stdin, Exec.Tty, 7);
    }

    private async Task RunAsync(HttpContext context)
    {
        if (context.Request.Headers.Upgrade.Count == 0)
        {
            Run = await context.Request.ReadFromJsonAsync(ApiJson.Default.RunRequest);
            await Json(context, Web(1) with { Machine = "web-run-1" }, ApiJson.Default.MachineView);
            return;
        }

        Run = JsonSerializer.Deserialize(Convert.FromBase64String(context.Request.Headers[Routes.StreamRequestHeader].ToString()), ApiJson.Default.RunRequest);
        await using var frames = new FrameStream(await SocketServer.UpgradeAsync(context));
        await EchoAsync(frames, Run!.Stdin, Run.Tty, 3);
    }

    private static async Task EchoAsync(FrameStream frames, bool stdin, bool tty, byte code)
    {
        await frames.WriteAsync(FrameKind.Stdout, "out\n"u8.ToArray(), CancellationToken.None);
        await frames.WriteAsync(FrameKind.Stderr, "err\n"u8.ToArray(), CancellationToken.None);
        while (stdin && await frames.ReadAsync(CancellationToken.None) is { } frame && (frame.Kind != FrameKind.Stdin || frame.Payload.Length > 0))
        {
            if (frame.Kind == FrameKind.Stdin && tty && frame.Payload.Span.IndexOfAny((byte)0, (byte)4) >= 0)
            {
                // Ctrl-D, which a terminal at the far end would take for the end of input (as 0 if it was typed before the mode was raw).
                break;
            }

            if (frame.Kind == FrameKind.Stdin)
            {
                await frames.WriteAsync(FrameKind.Stdout, frame.Payload, CancellationToken.None);
            }
        }

        await frames.WriteAsync(FrameKind.Exit, new[] { code }, CancellationToken.None);
    }

    private static DoctorView Doctor() => new()
    {
        Checks =
        [
            new DoctorCheck { Name = "kernel", Result = CheckResult.Ok, Found = "6.18.5" },
            new DoctorCheck { Name = "cgroups", Result = CheckResult.Warning, Found = "hybrid", Hint = "boot with systemd.unified_cgroup_hierarchy=1" },
            new DoctorCheck { Name = "nft", Result = CheckResult.Failed, Found = "no program nft", Hint = "apt-get install nftables" },
        ],
    };

    private static ApplicationSummary Summary(string name) => new() { Name = name, WorkingDirectory = "/srv/" + name, Files = [$"/srv/{name}/compose.yaml"], Machines = 3, Running = 1, Status = "up" };

    private ApplicationView View() => new()
    {
        Summary = Summary("guestbook"),
        Spec = new ApplicationSpec { Name = "guestbook", WorkingDirectory = "/srv/guestbook", Services = [new ServiceSpec { Name = "web", Image = "guestbook:1" }] },
        Networks = [new NetworkLaunch { Name = "default", Index = 0, Subnet = "10.210.0.0/24", Gateway = "10.210.0.1", Uplink = "10.211.0.0/30" }],
        Machines = Machines,
        KeeperPid = 99,
    };

    private static MachineDetail Detail() => new()
    {
        Machine = Web(1),
        Launch = new MachineLaunch
        {
            Name = "web-1",
            Service = "web",
            Number = 1,
            Revision = "abc",
            Hostname = "web-1",
            Start = StartMode.OnDemand,
            Program = new ProgramLaunch { Arguments = ["python3", "web.py"] },
            Root = new RootLaunch { LowerDirectories = ["/var/lib/figment/images/layers/1"], OverlayDirectory = "/var/lib/figment/apps/guestbook/machines/web-1" },
        },
        BoxPid = 4240,
        LogFile = "/var/lib/figment/apps/guestbook/machines/web-1/log.jsonl",
        Epoch = 1,
    };

    private static ImageView Image() => new() { Id = "sha256:0123456789abcdef0123456789abcdef", References = ["redis:7"], SizeBytes = 4_194_304, Created = At.AddDays(-9), Platform = "linux/amd64" };

    private int _samples;

    /// <summary>Two samples two seconds apart.</summary>
    private TopView Top()
    {
        int sample = _samples++;
        var at = At.AddSeconds(100 + (2 * sample));
        return new TopView
        {
            Node = new NodeUsage { At = at, Processors = 2, ProcessorNanoseconds = 2_500_000_000L * sample, MemoryBytes = 8L << 30, MemoryAvailableBytes = 6L << 30 },
            Machines =
            [
                new TopMachine
                {
                    Application = "guestbook",
                    Machine = "web-1",
                    Service = "web",
                    State = MachineState.Running,
                    Since = At,
                    NotIdle = "thread 7 sleeps in short steps",
                    Wakes = 3,
                    LastWakeCause = SignalKind.Connection,
                    LastWakeAt = At.AddSeconds(-0.5),
                    Usage = new UsageView
                    {
                        Application = "guestbook",
                        Machine = "web-1",
                        At = at,
                        ProcessorNanoseconds = 500_000_000L * sample,
                        MemoryBytes = 30 * 1024 * 1024,
                        MemoryLimitBytes = 64 * 1024 * 1024,
                        Processes = 3,
                        NetworkReceivedBytes = 4096 * sample,
                        NetworkSentBytes = 100 * sample,
                    },
                },
                new TopMachine { Application = "guestbook", Machine = "web-2", Service = "web", State = MachineState.Imaginary, Since = At, Wakes = 0 },
                new TopMachine
                {
                    Application = "guestbook",
                    Machine = "redis-1",
                    Service = "redis",
                    State = sample == 0 ? MachineState.Running : MachineState.Frozen,
                    Since = At.AddHours(-3),
                    Wakes = 12,
                    LastWakeCause = SignalKind.StartTimeout,
                    Usage = new UsageView { Application = "guestbook", Machine = "redis-1", At = at, ProcessorNanoseconds = 1_500_000_000L * sample, MemoryBytes = 5_000_000, MemoryLimitBytes = 0, Processes = 4 },
                },
            ],
        };
    }

    private static string Log(int seconds, string stream, string line) =>
        JsonSerializer.Serialize(new LogLine { At = At.AddSeconds(seconds), Stream = stream, Line = line }, ApiJson.Default.LogLine);

    private static string Line(ProgressLine line) => JsonSerializer.Serialize(line, ApiJson.Default.ProgressLine);

    private static Task Json<T>(HttpContext context, T value, JsonTypeInfo<T> type) => context.Response.WriteAsJsonAsync(value, type);

    private static async Task LinesAsync(HttpContext context, params string[] lines)
    {
        context.Response.ContentType = "application/jsonl";
        foreach (string line in lines)
        {
            await context.Response.WriteAsync(line + "\n");
            await context.Response.Body.FlushAsync();
        }
    }
}
