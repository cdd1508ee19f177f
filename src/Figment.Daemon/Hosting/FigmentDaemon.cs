using Figment.Api.Contract;
using Figment.Cluster;
using Figment.Cluster.Hosting;
using Figment.Daemon.Endpoints;
using Figment.Daemon.Http;
using Figment.Daemon.Nodes;
using Figment.Daemon.Peers;
using Figment.Daemon.Telemetry;
using Figment.Images;
using Figment.Node;
using Figment.Node.Images;
using Figment.Node.Journal;
using Figment.Node.Members;
using Figment.Node.Moves;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Console;

namespace Figment.Daemon.Hosting;

/// <summary>Puts the daemon together.</summary>
internal static class FigmentDaemon
{
    private const UnixFileMode RootOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Others must reach the socket in it.</summary>
    private const UnixFileMode RootAndThrough = RootOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Requests that are under way get this long when the daemon is told to end.</summary>
    private static readonly TimeSpan StopWait = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync()
    {
        var options = NodeOptions.FromEnvironment();
        var places = options.Places;
        Directory.CreateDirectory(places.RuntimeDirectory, RootAndThrough);
        Directory.CreateDirectory(places.StateDirectory, RootOnly);
        using var runtimeLock = FolderLock.Take(places.RuntimeDirectory, "FIGMENT_RUNTIME_DIR");
        using var stateLock = FolderLock.Take(places.StateDirectory, "FIGMENT_STATE_DIR");
        using var journal = NodeJournal.Open(places.Journal, TimeProvider.System);
        await using var application = Build(options, journal);
        await application.StartAsync();
        ApiSocket.OpenToGroup(places.ApiSocket);
        application.Logger.LogInformation("figmentd {Version} serves {Socket}", DaemonFacts.Version, ApiSocket.IsActivated ? "systemd's socket" : places.ApiSocket);
        await application.WaitForShutdownAsync();
        return 0;
    }

    private static WebApplication Build(NodeOptions options, NodeJournal journal)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "figmentd", ContentRootPath = AppContext.BaseDirectory });
        Log(builder);
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NOTIFY_SOCKET")))
        {
            // UseSystemd looks at the parent's name instead, and would leave whoever else understands sd_notify(3) waiting.
            builder.Services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
            builder.Services.AddSingleton<IHostLifetime, SystemdLifetime>();
        }

        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new DaemonFacts(TimeProvider.System.GetUtcNow()));
        builder.Services.AddSingleton(options);

        // Opened before and closed after all that uses it.
        builder.Services.AddSingleton(_ => journal);
        builder.Services.AddSingleton<IImages>(_ => new StoredImages(new ImageStore(options.Places.Images, TimeProvider.System)));
        builder.Services.AddSingleton<NodeService>();
        builder.Services.AddSingleton(services => new Membership(options, DaemonFacts.Version, TimeProvider.System, services.GetRequiredService<ILogger<Membership>>()));
        builder.Services.AddSingleton<MoveService>();
        builder.Services.AddSingleton<PeerDesk>();
        builder.Services.AddSingleton<NodePort>();
        builder.Services.AddSingleton<ClusterFacade>();
        builder.Services.AddSingleton<PeerCheck>();
        builder.Services.AddSingleton<ErrorMiddleware>();
        builder.Services.AddSingleton(MetricsSettings.FromEnvironment());
        builder.Services.AddSingleton<MetricsEndpoint>();

        // Before applications are taken over, so that what is read then is counted.
        builder.Services.AddHostedService<OtlpExport>();
        builder.Services.AddHostedService<MetricsServer>();
        builder.Services.AddHostedService<MembershipRounds>();
        builder.Services.AddHostedService<NodeStart>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWait);
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
        builder.Services.AddOpenApi(document => document.AddDocumentTransformer((open, _, _) =>
        {
            open.Info.Title = "Figment";
            open.Info.Version = "v1";
            open.Info.Description = "The HTTP interface of a node, over the Unix socket figment.sock.";
            open.Servers = [];
            return Task.CompletedTask;
        }));
        builder.AddFigmentCluster(options, SiloPort());
        builder.WebHost.ConfigureKestrel((context, kestrel) =>
            ApiSocket.Configure(kestrel, options.Places.ApiSocket, kestrel.ApplicationServices.GetRequiredService<PeerCheck>()));
        var application = builder.Build();
        var errors = application.Services.GetRequiredService<ErrorMiddleware>();
        var peers = application.Services.GetRequiredService<PeerCheck>();

        // It counts from now on, not from the first request.
        application.Services.GetRequiredService<MetricsEndpoint>();
        application.Use(next => context => errors.OnRequestAsync(context, next));
        application.Use(next => context => peers.OnRequestAsync(context, next));
        application.UseRouting();
        DaemonEndpoints.Map(application);
        ApplicationEndpoints.Map(application);
        MachineEndpoints.Map(application);
        ImageEndpoints.Map(application);
        SnapshotEndpoints.Map(application);
        NodeEndpoints.Map(application);
        MigrationEndpoints.Map(application);
        FastFreezeEndpoints.Map(application);
        application.MapOpenApi(Routes.OpenApi);
        return application;
    }

    /// <summary>One line an entry, to stderr: systemd's journal adds time and process.</summary>
    private static void Log(WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddSystemdConsole();
        builder.Logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        bool verbose = Environment.GetEnvironmentVariable("FIGMENT_LOG") == "debug";
        builder.Logging.SetMinimumLevel(verbose ? LogLevel.Debug : LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("System", LogLevel.Warning);
    }

    private static int SiloPort()
    {
        string? text = Environment.GetEnvironmentVariable("FIGMENT_SILO_PORT");
        if (string.IsNullOrEmpty(text))
        {
            return 0;
        }

        return ushort.TryParse(text, out ushort port)
            ? port
            : throw new Figment.Node.Errors.NodeException(ErrorCode.InvalidRequest, $"FIGMENT_SILO_PORT={text} is not a port", "0 to 65535; 0 takes a free one");
    }
}
