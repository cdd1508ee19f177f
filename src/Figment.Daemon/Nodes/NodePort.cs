using System.Net.Sockets;
using System.Security.Authentication;
using Figment.Daemon.Hosting;
using Figment.Daemon.Http;
using Figment.Node.Errors;
using Figment.Node.Identity;
using Figment.Node.Members;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Figment.Daemon.Nodes;

/// <summary>
/// Where other nodes are answered: a server of its own, TLS 1.3 with certificates of the cluster on both sides, so that nothing of the API can be reached by it.
/// Who shows none gets as far as joining takes.
/// </summary>
internal sealed class NodePort(Membership membership, PeerDesk desk, ErrorMiddleware errors, ILoggerFactory logs) : INodePort, IAsyncDisposable
{
    /// <summary>Of nodes, and of whoever may connect.</summary>
    private const int ConnectionsMax = 1024;

    private const int HeadersBytesMax = 16 * 1024;
    private const int BodyBytesMax = 4 * 1024 * 1024;

    private static readonly TimeSpan HandshakeWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HeadersWait = TimeSpan.FromSeconds(10);

    private readonly ILogger<NodePort> _log = logs.CreateLogger<NodePort>();
    private WebApplication? _server;

    public async Task OpenAsync(MemberAddress address, NodeIdentity identity)
    {
        var server = Build(address, identity);
        try
        {
            await server.StartAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await server.DisposeAsync();
            throw new NodeException(ErrorCode.Failed, $"other nodes cannot be answered at {address}: {exception.Message}", "figment node ls shows this node's address; who else has the port: ss -ltnp", exception);
        }

        _server = server;
        _log.LogInformation("node {Name} answers others at {Address}", identity.Name, address);
    }

    public async Task CloseAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await server.StopAsync();
            await server.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private WebApplication Build(MemberAddress address, NodeIdentity identity)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "figmentd-nodes", ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(logs);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
            kestrel.Limits.MaxRequestHeadersTotalSize = HeadersBytesMax;
            kestrel.Limits.RequestHeadersTimeout = HeadersWait;
            kestrel.Listen(address.EndPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = identity.Certificate,
                    SslProtocols = SslProtocols.Tls13,
                    HandshakeTimeout = HandshakeWait,
                    ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                    ClientCertificateValidation = (certificate, _, _) => membership.NodeOf(certificate) is not null,
                });
            });
        });
        var server = builder.Build();
        server.Use(next => context => errors.OnRequestAsync(context, next));
        server.Run(AnswerAsync);
        return server;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        // Looked at with each request: it may have been removed since it connected.
        string? node = context.Connection.ClientCertificate is { } certificate ? membership.NodeOf(certificate) : null;
        string path = context.Request.Path.Value ?? "";
        if (context.Request.Method == HttpMethods.Put && node is not null && path.StartsWith(PeerRoutes.Move, StringComparison.Ordinal))
        {
            // A machine is as large as it is, and stands still for as long as it does.
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
            context.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null;
            await WriteAsync(context, await desk.TakeAsync(path, node, context.Request.BodyReader.AsStream()));
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        byte[] answer = await desk.AnswerAsync(context.Request.Method, path, node, body.ToArray(), context.RequestAborted);
        await WriteAsync(context, answer);
    }

    private static async Task WriteAsync(HttpContext context, byte[] answer)
    {
        context.Response.ContentLength = answer.Length;
        await context.Response.BodyWriter.WriteAsync(answer, context.RequestAborted);
    }
}
