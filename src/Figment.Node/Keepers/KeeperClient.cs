using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Figment.Api.Contract;
using Figment.Model.Control;
using Figment.Node.Errors;

namespace Figment.Node.Keepers;

/// <summary>
/// Speaks to a keeper over <c>keeper.sock</c>, a connection for each request. The protocol passes no descriptors there, so that asynchronous sockets serve: a request may take as long as a program's start,
/// and no thread waits for it.
/// </summary>
public sealed class KeeperClient(string application, string socketPath)
{
    /// <summary>Answers that are only read from memory.</summary>
    public static readonly TimeSpan Quick = TimeSpan.FromSeconds(10);

    /// <exception cref="KeeperLostException">Nobody answers.</exception>
    /// <exception cref="NodeException">The keeper refuses, and says why.</exception>
    public async Task<KeeperReply> AskAsync(KeeperRequest request, TimeSpan timeout, CancellationToken cancellation)
    {
        var (reply, _) = await AskWithPidAsync(request, timeout, cancellation).ConfigureAwait(false);
        return reply.Error is { } error ? throw new NodeException(ErrorCode.Failed, error) : reply;
    }

    /// <summary>Asks and tells the keeper's process id as the kernel knows it.</summary>
    internal async Task<(KeeperReply Reply, int Pid)> AskWithPidAsync(KeeperRequest request, TimeSpan timeout, CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(timeout);
        try
        {
            using var socket = await UnixSockets.ConnectAsync(socketPath, limited.Token).ConfigureAwait(false);
            int pid = UnixSockets.PeerPid(socket);
            using var stream = new NetworkStream(socket);
            await SendAsync(stream, request, limited.Token).ConfigureAwait(false);
            var reader = new LineReader(stream, ControlJson.LineBytesMax);
            var line = await reader.ReadAsync(limited.Token).ConfigureAwait(false) ?? throw new KeeperLostException(application, "it closed the connection without an answer");
            return (Parse(line.Span), pid);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NodeException(ErrorCode.Failed, $"the keeper of {application} has not answered \"{request.GetType().Name.ToLowerInvariant()}\" within {timeout.TotalSeconds:0} s", "figment ps shows the state it is in");
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            throw new KeeperLostException(application, exception.Message, exception);
        }
    }

    /// <summary>An element for every event from now on, until the keeper or the caller ends it.</summary>
    public async IAsyncEnumerable<KeeperReply> WatchAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        using var socket = await UnixSockets.ConnectAsync(socketPath, cancellation).ConfigureAwait(false);
        using var stream = new NetworkStream(socket);
        await SendAsync(stream, new KeeperRequest.Watch(), cancellation).ConfigureAwait(false);
        var reader = new LineReader(stream, ControlJson.LineBytesMax);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            yield return Parse(line.Span);
        }
    }

    private static async Task SendAsync(NetworkStream stream, KeeperRequest request, CancellationToken cancellation)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(request, ControlJson.Default.KeeperRequest);
        await stream.WriteAsync((byte[])[.. json, (byte)'\n'], cancellation).ConfigureAwait(false);
    }

    private KeeperReply Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            if (JsonSerializer.Deserialize(line, ControlJson.Default.KeeperReply) is { } reply)
            {
                return reply;
            }
        }
        catch (JsonException exception)
        {
            throw NoReply(exception.Message, exception);
        }

        throw NoReply("null", cause: null);
    }

    private NodeException NoReply(string what, Exception? cause) =>
        new(ErrorCode.Failed, $"the keeper of {application} answered what is no reply: {what}", "figmentd and figment-keeper may be of different versions", cause);
}
