using System.Buffers.Binary;
using System.Collections.Concurrent;
using Figment.Box.Launching;
using Figment.Box.Output;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Polling;
using Figment.Linux.Streams;

namespace Figment.Box.Streams;

/// <summary>
/// A client at the program's own streams. The program's output is never held up by it: a client that lags further behind than the queue holds is let go.
/// The calling thread writes to it, another reads from it.
/// </summary>
internal sealed class AttachSession(FrameChannel client, ProgramStreams streams, OutputFan fan, Task<int> exitCode, Action<int> signal) : IOutputFollower, IDisposable
{
    /// <summary>Times 64 KiB at most.</summary>
    private const int ChunksMax = 256;

    /// <summary>How often a program that does not read is looked at again, to see whether it has ended.</summary>
    private const int PollMs = 200;

    private readonly BlockingCollection<(StreamKind Kind, byte[] Bytes)> _queue = new(ChunksMax);
    private volatile bool _gone;

    /// <summary>Until the program or the client ends.</summary>
    /// <param name="withInput">The client's input is the program's.</param>
    public void Run(bool withInput)
    {
        bool running = fan.TryAdd(this);
        var reader = new Thread(() => Read(withInput)) { IsBackground = true, Name = "attached" };
        reader.Start();
        if (running)
        {
            foreach (var (kind, bytes) in _queue.GetConsumingEnumerable())
            {
                if (_gone || !client.Write(kind, bytes))
                {
                    _gone = true;
                    break;
                }
            }
        }

        fan.Remove(this);
        if (!_gone)
        {
            client.Write(StreamKind.Exit, [(byte)exitCode.GetAwaiter().GetResult()]);
        }

        // The reading thread sees the end of the connection and ends.
        client.Shut();
        reader.Join();
    }

    public void Output(StreamKind kind, ReadOnlySpan<byte> bytes)
    {
        if (!_gone && !_queue.TryAdd((kind, bytes.ToArray())))
        {
            Leave();
        }
    }

    public void Ended()
    {
        if (!_queue.IsAddingCompleted)
        {
            _queue.CompleteAdding();
        }
    }

    public void Dispose() => _queue.Dispose();

    private void Leave()
    {
        _gone = true;
        Ended();
    }

    private void Read(bool withInput)
    {
        try
        {
            while (client.Read((kind, payload) => Frame(kind, payload, withInput)))
            {
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or LinuxException or ObjectDisposedException)
        {
            client.Write(StreamKind.Error, System.Text.Encoding.UTF8.GetBytes($"figment: {exception.Message}\n"));
        }

        _gone = true;
        fan.Remove(this);
        Ended();
    }

    private void Frame(StreamKind kind, ReadOnlyMemory<byte> payload, bool withInput)
    {
        switch (kind)
        {
            case StreamKind.Input when withInput && streams.InputWriter is { IsClosed: false } writer:
                WriteInput(writer, payload.Span);
                break;
            case StreamKind.Input:
                break;
            case StreamKind.Size when payload.Length == 4:
                streams.Terminal?.Resize(BinaryPrimitives.ReadUInt16BigEndian(payload.Span), BinaryPrimitives.ReadUInt16BigEndian(payload.Span[2..]));
                break;
            case StreamKind.Signal when payload.Length == 1:
                signal(payload.Span[0]);
                break;
            default:
                throw new InvalidDataException($"a frame of kind {(byte)kind} and {payload.Length} bytes");
        }
    }

    private void WriteInput(Descriptor writer, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            if (streams.Terminal is null)
            {
                writer.Dispose();
            }

            return;
        }

        using var epoll = new Epoll();
        epoll.Add(writer, PollEvents.Writable, 0);
        List<(ulong, PollEvents)> ready = [];
        while (!bytes.IsEmpty && !_gone && NonBlocking.TryWrite(writer, bytes) is >= 0 and var written)
        {
            bytes = bytes[written..];
            if (!bytes.IsEmpty)
            {
                epoll.Wait(PollMs, ready);
            }
        }
    }
}
