using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Figment.Node.Errors;

namespace Figment.Daemon.Http;

/// <summary>A stream of JSON lines, each flushed as it comes. An error before the first line is an ordinary one; afterwards the last line carries it where the line's type can.</summary>
internal static class JsonLines
{
    public const string ContentType = "application/jsonl";

    public static async Task WriteAsync<T>(HttpContext context, IAsyncEnumerable<T> lines, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        await foreach (var line in lines.WithCancellation(cancellation))
        {
            await WriteLineAsync(context, line, type, cancellation);
        }

        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = ContentType;
        }
    }

    /// <summary>Lines that are all there: sent as the client reads them, without a flush for each.</summary>
    public static async Task WriteAllAsync<T>(HttpContext context, IEnumerable<T> lines, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        context.Response.ContentType = ContentType;
        foreach (var line in lines)
        {
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(line, type);
            await context.Response.Body.WriteAsync((byte[])[.. json, (byte)'\n'], cancellation);
        }
    }

    /// <summary>Follows something until the client or the daemon goes; the end of the daemon is an orderly end of the stream.</summary>
    public static async Task FollowAsync<T>(HttpContext context, Func<CancellationToken, IAsyncEnumerable<T>> lines, JsonTypeInfo<T> type, bool follow)
    {
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var source = lines(ended.Token);
        if (follow)
        {
            // The headers go out at once, so that a client knows that it follows.
            context.Response.ContentType = ContentType;
            await context.Response.Body.FlushAsync(ended.Token);
        }

        try
        {
            await WriteAsync(context, source, type, ended.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The stream ends here; the client may ask again when the daemon is back.
        }
    }

    public static async Task WriteLineAsync<T>(HttpContext context, T line, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = ContentType;
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(line, type);
        await context.Response.Body.WriteAsync((byte[])[.. json, (byte)'\n'], cancellation);
        await context.Response.Body.FlushAsync(cancellation);
    }

    /// <summary>An operating error as the user is told of it.</summary>
    public static Api.Contract.ProgressLine Failure(Exception exception) => new() { Error = NodeException.Describe(exception) };
}
