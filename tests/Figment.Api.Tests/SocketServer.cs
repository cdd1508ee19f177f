using Figment.Api.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Figment.Api.Tests;

/// <summary>A real HTTP server (Kestrel) on a Unix socket in a folder of its own; the test says how it answers.</summary>
public sealed class SocketServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private SocketServer(WebApplication application, string folder)
    {
        _application = application;
        Folder = folder;
    }

    public string Folder { get; }

    public string SocketPath => Path.Combine(Folder, "figment.sock");

    public static async Task<SocketServer> StartAsync(Action<WebApplication> routes)
    {
        string folder = Directory.CreateTempSubdirectory("figment-api-").FullName;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestHeadersTotalSize = 2 * Routes.StreamRequestHeaderBytesMax;
            kestrel.ListenUnixSocket(Path.Combine(folder, "figment.sock"));
        });
        var application = builder.Build();
        routes(application);
        await application.StartAsync();
        return new SocketServer(application, folder);
    }

    /// <summary>Answers 101 and hands over the connection, as the daemon does for exec, attach and run.</summary>
    public static async Task<Stream> UpgradeAsync(HttpContext context)
    {
        var feature = context.Features.Get<IHttpUpgradeFeature>()!;
        Assert.True(feature.IsUpgradableRequest, "the request cannot be upgraded");
        context.Response.Headers.Upgrade = "figment-stream";
        return await feature.UpgradeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
