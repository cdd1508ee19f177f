using Figment.Box.Checkpoints;
using Figment.Box.Output;
using Figment.Box.Streams;
using Figment.Linux.Errors;
using Figment.Linux.Polling;
using Figment.Migration.Lazy;
using Figment.Model.Control;

namespace Figment.Box.Departures;

/// <summary>Gives the memory of a machine that has left and is owed some of it, until it has all. Any thread.</summary>
internal sealed class OwedMemory
{
    private readonly Lock _lock = new();
    private RunningCopy? _memory;
    private TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasEnded;

    /// <summary>The machine stands still, and all else of it has been sent: its memory can be asked for until what is returned is disposed.</summary>
    public IDisposable Open(RunningCopy memory)
    {
        lock (_lock)
        {
            _memory = memory;
            _over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return new Opening(this);
    }

    /// <summary>Returns when the other node has all, or the machine's processes have ended.</summary>
    public void Await()
    {
        Task over;
        lock (_lock)
        {
            over = _hasEnded ? Task.CompletedTask : _over.Task;
        }

        over.GetAwaiter().GetResult();
    }

    /// <summary>Its processes have ended: there is nothing left that could be given.</summary>
    public void End()
    {
        lock (_lock)
        {
            _hasEnded = true;
            _over.TrySetResult();
        }
    }

    /// <summary>Serves a client that fetches it, to its end.</summary>
    public void Serve(FrameChannel client)
    {
        lock (_lock)
        {
            if (_memory is null)
            {
                client.Reply(new StreamReply { Error = "it owes no memory", ExitCode = 1 });
                return;
            }
        }

        if (!client.Reply(new StreamReply()))
        {
            return;
        }

        using var epoll = new Epoll();
        List<(ulong, PollEvents)> ready = [];
        epoll.Add(client.Socket, PollEvents.Readable, 0);
        bool goesOn = true;
        while (goesOn)
        {
            epoll.Wait(Timeout.Infinite, ready);
            goesOn &= client.Read((kind, asked) => goesOn &= Answer(client, kind, asked.Span));
        }
    }

    /// <summary>False: there will be no other.</summary>
    private bool Answer(FrameChannel client, StreamKind kind, ReadOnlySpan<byte> asked)
    {
        lock (_lock)
        {
            if (kind != StreamKind.Input || _memory is null)
            {
                return false;
            }

            if (asked.IsEmpty)
            {
                _over.TrySetResult();
                return false;
            }

            try
            {
                var piece = OwedText.ReadAsk(asked);
                byte[] pages = new byte[piece.Bytes];
                _memory.Read(piece.Process, piece.Address, pages);
                return client.Write(StreamKind.Output, OwedText.Answer(piece, pages));
            }
            catch (IOException exception) when (exception is not LinuxException)
            {
                client.Write(StreamKind.Error, System.Text.Encoding.UTF8.GetBytes(exception.Message));
                return false;
            }
        }
    }

    private sealed class Opening(OwedMemory owed) : IDisposable
    {
        public void Dispose()
        {
            lock (owed._lock)
            {
                owed._memory = null;
            }
        }
    }
}
