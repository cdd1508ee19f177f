using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text.Json;
using Figment.Api.Contract;
using Figment.Linux.Errors;
using Figment.Model.Control;
using Figment.Node.Errors;
using Figment.Node.Keepers;

namespace Figment.Node.Streams;

/// <summary>A stream of frames to a running machine's box, after it agreed to one.</summary>
public sealed class BoxConnection : IAsyncDisposable
{
    /// <summary>A box answers at once or not at all: it makes a process, not more.</summary>
    private static readonly TimeSpan ReplyWait = TimeSpan.FromSeconds(30);

    private const int ChunkBytes = 64 * 1024;
    private const int HeadBytes = 5;

    private readonly NetworkStream _stream;
    private ReadOnlyMemory<byte> _early;

    private BoxConnection(NetworkStream stream, ReadOnlyMemory<byte> early)
    {
        _stream = stream;
        _early = early;
    }

    /// <exception cref="NodeException">The machine has no program, or the box refuses; with the exit code for the caller.</exception>
    public static async Task<BoxConnection> OpenAsync(string machine, string socketPath, StreamRequest request, CancellationToken cancellation)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(ReplyWait);
        Socket socket;
        try
        {
            socket = await UnixSockets.ConnectAsync(socketPath, limited.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or LinuxException)
        {
            throw new NodeException(ErrorCode.Conflict, $"machine {machine} has no program to speak to ({exception.Message})", $"start it with: figment start {machine}", exception) { ExitCode = 125 };
        }

        var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(request, ControlJson.Default.StreamRequest);
            await stream.WriteAsync((byte[])[.. json, (byte)'\n'], limited.Token).ConfigureAwait(false);
            var reader = new LineReader(stream, ControlJson.LineBytesMax);
            var line = await reader.ReadAsync(limited.Token).ConfigureAwait(false)
                ?? throw new NodeException(ErrorCode.Conflict, $"the box of {machine} closed the connection without an answer") { ExitCode = 125 };
            var reply = JsonSerializer.Deserialize(line.Span, ControlJson.Default.StreamReply);
            if (reply?.Error is { } error)
            {
                throw new NodeException(ErrorCode.Failed, error) { ExitCode = reply.ExitCode ?? 125 };
            }

            return new BoxConnection(stream, reader.Rest);
        }
        catch (Exception exception)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw exception switch
            {
                NodeException => exception,
                OperationCanceledException when !cancellation.IsCancellationRequested => new NodeException(ErrorCode.Failed, $"the box of {machine} has not answered within {ReplyWait.TotalSeconds:0} s") { ExitCode = 125 },
                JsonException or InvalidDataException or IOException => new NodeException(ErrorCode.Failed, $"the box of {machine} answered what is no reply: {exception.Message}", cause: exception) { ExitCode = 125 },
                _ => exception,
            };
        }
    }

    /// <summary>Carries bytes both ways until the box has said its last word, or the client breaks. The client closing its half only ends its input.</summary>
    public async Task CarryAsync(Stream client, CancellationToken cancellation)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var up = UpAsync(client, done.Token);
        var down = DownAsync(client, done.Token);
        await Task.WhenAny(down, BrokenAsync(up)).ConfigureAwait(false);
        await done.CancelAsync().ConfigureAwait(false);
        try
        {
            await Task.WhenAll(up, down).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException)
        {
            // One of the two went away; the other was told by the end of the stream.
        }
    }

    /// <summary>The next frame's kind and length; its payload is to be read next. Null: the box has closed.</summary>
    public async Task<(byte Kind, int Length)?> ReadHeadAsync(CancellationToken cancellation)
    {
        byte[] head = new byte[HeadBytes];
        int got = await ReadAsync(head, cancellation).ConfigureAwait(false);
        if (got == 0)
        {
            return null;
        }

        await ReadAllAsync(head.AsMemory(got), cancellation).ConfigureAwait(false);
        return (head[0], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)));
    }

    /// <summary>Some of a payload, at least a byte.</summary>
    public async Task<int> ReadAsync(Memory<byte> into, CancellationToken cancellation)
    {
        if (_early.IsEmpty)
        {
            return await _stream.ReadAsync(into, cancellation).ConfigureAwait(false);
        }

        int count = Math.Min(into.Length, _early.Length);
        _early[..count].CopyTo(into);
        _early = _early[count..];
        return count;
    }

    public async Task ReadAllAsync(Memory<byte> into, CancellationToken cancellation)
    {
        while (!into.IsEmpty)
        {
            int count = await ReadAsync(into, cancellation).ConfigureAwait(false);
            into = count > 0 ? into[count..] : throw new EndOfStreamException("the box closed the connection in the middle of a frame");
        }
    }

    public Task WriteFrameAsync(byte kind, CancellationToken cancellation) => WriteFrameAsync(kind, ReadOnlyMemory<byte>.Empty, cancellation);

    public async Task WriteFrameAsync(byte kind, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        byte[] frame = new byte[HeadBytes + payload.Length];
        frame[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame.AsMemory(HeadBytes));
        await _stream.WriteAsync(frame, cancellation).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <summary>Completes only when the client breaks: neither its orderly end nor a box that takes no more input may cut off output that is still under way.</summary>
    private static async Task BrokenAsync(Task up)
    {
        try
        {
            await up.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            return;
        }

        await new TaskCompletionSource().Task.ConfigureAwait(false);
    }

    private async Task UpAsync(Stream client, CancellationToken cancellation)
    {
        byte[] buffer = new byte[ChunkBytes];
        int count;
        while ((count = await client.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            try
            {
                await _stream.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The program has ended: nobody takes input any more, but its last words are still to be carried.
                return;
            }
        }

        try
        {
            _stream.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It has closed already.
        }
    }

    private async Task DownAsync(Stream client, CancellationToken cancellation)
    {
        if (!_early.IsEmpty)
        {
            await client.WriteAsync(_early, cancellation).ConfigureAwait(false);
            await client.FlushAsync(cancellation).ConfigureAwait(false);
        }

        byte[] buffer = new byte[ChunkBytes];
        int count;
        while ((count = await _stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            await client.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
            await client.FlushAsync(cancellation).ConfigureAwait(false);
        }
    }
}
