using System.Net;
using System.Net.Sockets;
using Figment.Api.Contract;
using Figment.Daemon.Hosting;
using Figment.Node.Errors;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Figment.Daemon.Telemetry;

/// <summary>
/// <c>/metrics</c> over TCP, if the environment asks for it: a server of its own, so that nothing of the API can be reached by it, with limits for whoever may connect.
/// </summary>
internal sealed class MetricsServer(MetricsSettings settings, MetricsEndpoint metrics, ILoggerFactory logs) : IHostedService, IAsyncDisposable
{
    /// <summary>A few Prometheus servers and a person with a browser.</summary>
    private const int ConnectionsMax = 32;

    private const int HeadersBytesMax = 16 * 1024;

    private static readonly TimeSpan HeadersWait = TimeSpan.FromSeconds(5);

    private readonly ILogger<MetricsServer> _log = logs.CreateLogger<MetricsServer>();
    private WebApplication? _server;

    /// <exception cref="NodeException">The address cannot be listened at.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.Address is not { } address)
        {
            return;
        }

        _server = Build(address);
        try
        {
            await _server.StartAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new NodeException(ErrorCode.Failed, $"metrics cannot be served at {address}: {exception.Message}", "set FIGMENT_METRICS to another address, or to nothing", exception);
        }

        _log.LogInformation("metrics are served at http://{Address}{Path}", address, Routes.Metrics);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _server?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private WebApplication Build(IPEndPoint address)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "figmentd-metrics", ContentRootPath = AppContext.BaseDirectory });

        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(logs);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.MaxRequestHeadersTotalSize = HeadersBytesMax;
            kestrel.Limits.RequestHeadersTimeout = HeadersWait;
            kestrel.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var server = builder.Build();
        server.Run(AnswerAsync);
        return server;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path.Value != Routes.Metrics)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET";
            return;
        }

        try
        {
            await metrics.WriteAsync(context);
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            _log.LogError(exception, "metrics for {Peer}", context.Connection.RemoteIpAddress);
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            }
        }
    }
}
