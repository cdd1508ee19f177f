using System.Threading.Channels;
using Figment.Keeper.Lifecycle;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Sockets;
using Figment.Linux.UnixSockets;
using Figment.Model.Control;
using Figment.Model.Signals;

namespace Figment.Keeper.Control;

/// <summary>
/// <c>keeper.sock</c>: lines of <see cref="KeeperRequest"/>, each answered in order. A thread per connection; the file's mode lets only its owner in.
/// </summary>
internal sealed class ControlServer : IDisposable
{
    /// <summary>The daemon has one a request, and one that stops a thousand machines at once has a thousand; more is a leak of its.</summary>
    public const int ConnectionsMax = 1024;

    private const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int StackBytes = 256 * 1024;

    /// <summary>Somebody who does not read answers is not waited for.</summary>
    private static readonly TimeSpan SendMax = TimeSpan.FromSeconds(5);

    /// <summary>Descriptors become free as boxes end; a daemon that connects waits a minute.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private readonly ManualResetEventSlim _closing = new();
    private readonly Descriptor _listener;
    private readonly string _path;
    private readonly IKeeperControl _keeper;
    private readonly Log _log;
    private readonly Lock _lock = new();
    private int _connections;
    private int _answering;

    public ControlServer(string path, IKeeperControl keeper, Log log)
    {
        _path = path;
        _keeper = keeper;
        _log = log;
        _listener = UnixSocket.Listen(path, SocketMode);
        new Thread(Accept, StackBytes) { IsBackground = true, Name = "control" }.Start();
    }

    /// <summary>Nobody new is let in; answers under way are sent.</summary>
    public void Drain(TimeSpan limit)
    {
        UnixSocket.ShutDown(_listener);
        File.Delete(_path);
        SpinWait.SpinUntil(() => Volatile.Read(ref _answering) == 0, limit);
    }

    public void Dispose()
    {
        _closing.Set();
        UnixSocket.ShutDown(_listener);
    }

    private void Accept()
    {
        while (true)
        {
            try
            {
                if (UnixSocket.Accept(_listener) is not { } socket)
                {
                    return;
                }

                Admit(socket);
            }
            catch (LinuxException exception)
            {
                // EMFILE, ENOMEM: it waits in the backlog, and asking again at once would only fill the log.
                _log.Write($"keeper.sock: {exception.Message}");
                if (_closing.Wait(RetryAfter))
                {
                    return;
                }
            }
        }
    }

    private void Admit(Descriptor socket)
    {
        UnixSocket.LimitSend(socket, SendMax);
        var channel = new LineChannel(socket, ControlJson.LineBytesMax);
        bool isFull;
        lock (_lock)
        {
            isFull = _connections >= ConnectionsMax;
            _connections += isFull ? 0 : 1;
        }

        if (isFull)
        {
            using (channel)
            {
                Send(channel, new KeeperReply { Error = $"keeper.sock has {ConnectionsMax} connections already; close some" });
            }

            return;
        }

        new Thread(() => Converse(channel), StackBytes) { IsBackground = true, Name = "control connection" }.Start();
    }

    private void Converse(LineChannel channel)
    {
        Channel<MachineEvent>? watcher = null;
        try
        {
            while (channel.Receive(ControlJson.Default.KeeperRequest, out var descriptors) is { } request)
            {
                foreach (var descriptor in descriptors)
                {
                    descriptor.Dispose();
                }

                if (request is KeeperRequest.Watch)
                {
                    watcher ??= StartWatch(channel);
                    continue;
                }

                Interlocked.Increment(ref _answering);
                try
                {
                    if (!Send(channel, _keeper.Ask(request).GetAwaiter().GetResult()))
                    {
                        return;
                    }
                }
                finally
                {
                    Interlocked.Decrement(ref _answering);
                }
            }
        }
        catch (InvalidDataException exception)
        {
            Send(channel, new KeeperReply { Error = $"not a request: {exception.Message}" });
        }
        catch (LinuxException exception)
        {
            _log.Write($"keeper.sock: {exception.Message}");
        }
        finally
        {
            if (watcher is not null)
            {
                _keeper.Unwatch(watcher);
            }

            channel.Dispose();
            lock (_lock)
            {
                _connections--;
            }
        }
    }

    private Channel<MachineEvent> StartWatch(LineChannel channel)
    {
        var watcher = _keeper.Watch();
        new Thread(() =>
        {
            while (watcher.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                while (watcher.Reader.TryRead(out var @event))
                {
                    if (!Send(channel, new KeeperReply { Event = @event }))
                    {
                        _keeper.Unwatch(watcher);
                        break;
                    }
                }
            }

            // Dropped for slowness or left: the other side sees the end and reads on in the ledger.
            if (!channel.Socket.IsClosed)
            {
                Hang(channel);
            }
        }, StackBytes)
        { IsBackground = true, Name = "watch" }.Start();
        return watcher;
    }

    private static void Hang(LineChannel channel)
    {
        try
        {
            UnixSocket.ShutDown(channel.Socket);
        }
        catch (Exception exception) when (exception is LinuxException { Error: Errno.EBADF } or ObjectDisposedException)
        {
            // Closed in between by its own thread: that is what was wanted.
        }
    }

    private bool Send(LineChannel channel, KeeperReply reply)
    {
        try
        {
            channel.Send(reply, ControlJson.Default.KeeperReply);
            return true;
        }
        catch (LinuxException exception)
        {
            if (exception.Error is not (Errno.EPIPE or Errno.ECONNRESET))
            {
                _log.Write($"keeper.sock: an answer could not be sent: {exception.Message}");
            }

            return false;
        }
    }
}
