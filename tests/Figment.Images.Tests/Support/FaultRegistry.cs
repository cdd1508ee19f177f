using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Figment.Images.Tests.Support;

/// <summary>A registry that fails as told. Real registries cannot be made to cut, lie and stall at a given byte; all else is tested with a real one.</summary>
internal sealed class FaultRegistry : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<string, int> _attempts = new();
    private readonly Task _serving;

    public FaultRegistry()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port { get; }

    /// <summary>Content by path below /v2/app/, with its type.</summary>
    public ConcurrentDictionary<string, (byte[] Content, string Type)> Content { get; } = new();

    /// <summary>Path and Range of each request, in order.</summary>
    public ConcurrentQueue<(string Path, string? Range)> Requests { get; } = new();

    /// <summary>Called with the path and how often it was asked for before; true if it answered by itself.</summary>
    public Func<HttpListenerContext, string, int, Task<bool>> Interfere { get; set; } = (_, _, _) => Task.FromResult(false);

    public ImageReference Reference => ImageReference.TryParse($"127.0.0.1:{Port}/app:1", out var reference, out string? error) ? reference : throw new FormatException(error);

    public void Serve(TestImage image)
    {
        Content["manifests/1"] = (image.Manifest, TestImage.ManifestType);
        foreach (var (digest, content) in image.Blobs)
        {
            Content["manifests/" + digest] = (content, TestImage.ManifestType);
            Content["blobs/" + digest] = (content, "application/octet-stream");
        }
    }

    /// <summary>Sends the headers for all and the body up to a byte, then cuts the connection.</summary>
    public static async Task CutAsync(HttpListenerContext context, byte[] content, int after)
    {
        context.Response.ContentLength64 = content.Length;
        await context.Response.OutputStream.WriteAsync(content.AsMemory(0, after));
        await context.Response.OutputStream.FlushAsync();
        context.Response.Abort();
    }

    public static Task AnswerAsync(HttpListenerContext context, int status, byte[] content)
    {
        context.Response.StatusCode = status;
        context.Response.ContentLength64 = content.Length;
        context.Response.Close(content, willBlock: false);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _listener.Close();
        _serving.Wait();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(() => AnswerAsync(context));
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            string path = context.Request.Url!.AbsolutePath.Replace("/v2/app/", "", StringComparison.Ordinal);
            string? range = context.Request.Headers["Range"];
            Requests.Enqueue((path, range));
            int attempt = _attempts.AddOrUpdate(path, 0, (_, before) => before + 1);
            if (await Interfere(context, path, attempt))
            {
                return;
            }

            if (!Content.TryGetValue(path, out var found))
            {
                await AnswerAsync(context, 404, []);
                return;
            }

            context.Response.ContentType = found.Type;
            if (range is not null)
            {
                int from = int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
                context.Response.Headers["Content-Range"] = $"bytes {from}-{found.Content.Length - 1}/{found.Content.Length}";
                await AnswerAsync(context, 206, found.Content[from..]);
                return;
            }

            await AnswerAsync(context, 200, found.Content);
        }
        catch (Exception gone) when (gone is HttpListenerException or IOException or ObjectDisposedException)
        {
            // The client went away, as some tests want it to.
        }
    }
}
