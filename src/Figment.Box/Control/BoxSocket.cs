using System.Text.Json;
using Figment.Box.Control.Text;
using Figment.Box.Diagnostics;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Polling;
using Figment.Linux.Unix;
using Figment.Model.Control;

namespace Figment.Box.Control;

/// <summary><c>box.sock</c>: a keeper that comes later, and clients of exec and attach. One thread accepts, each connection has its own.</summary>
internal sealed class BoxSocket : IDisposable
{
    /// <summary>Each costs a thread; more at once is a fault of the caller.</summary>
    private const int ConnectionsMax = 128;

    private readonly UnixListener _listener;
    private readonly BoxLog _log;
    private readonly EventDescriptor _wake = new();
    private readonly Thread _thread;
    private int _connections;
    private volatile bool _stopping;

    public BoxSocket(string path, BoxLog log)
    {
        _log = log;
        _listener = new UnixListener(path);
        _thread = new Thread(Accept) { IsBackground = true, Name = "box.sock" };
    }

    /// <summary>A keeper said hello; owns the socket.</summary>
    public required Action<Descriptor, BoxMessage.Hello> Keeper { get; init; }

    /// <summary>A client wants a stream; owns the socket, on the connection's thread.</summary>
    public required Action<Descriptor, StreamRequest> Stream { get; init; }

    public void Start() => _thread.Start();

    public void Dispose()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        _wake.Set();
        _thread.Join();
        _listener.Dispose();
        _wake.Dispose();
    }

    private void Accept()
    {
        using var epoll = new Epoll();
        epoll.Add(_listener.Descriptor, PollEvents.Readable, 0);
        epoll.Add(_wake.Descriptor, PollEvents.Readable, 1);
        List<(ulong, PollEvents)> ready = [];
        while (!_stopping)
        {
            epoll.Wait(-1, ready);
            if (_stopping)
            {
                return;
            }

            try
            {
                var (socket, user) = _listener.Accept();
                Serve(socket, user);
            }
            catch (LinuxException exception)
            {
                _log.Warn($"box.sock: {exception.Message}");
            }
        }
    }

    private void Serve(Descriptor socket, uint user)
    {
        if (user != 0 || Interlocked.Increment(ref _connections) > ConnectionsMax)
        {
            _log.Warn(user != 0 ? $"box.sock: user {user} may not connect" : $"box.sock: more than {ConnectionsMax} connections at once");
            socket.Dispose();
            return;
        }

        var thread = new Thread(() =>
        {
            try
            {
                Talk(socket);
            }
            catch (Exception exception) when (exception is InvalidDataException or JsonException or LinuxException)
            {
                _log.Warn($"box.sock: {exception.Message}");
                socket.Dispose();
            }
            finally
            {
                Interlocked.Decrement(ref _connections);
            }
        })
        {
            IsBackground = true,
            Name = "stream",
        };
        thread.Start();
    }

    private void Talk(Descriptor socket)
    {
        if (FirstLine.Read(socket) is not { } line)
        {
            socket.Dispose();
            return;
        }

        using var json = JsonDocument.Parse(line);
        if (json.RootElement.TryGetProperty("stream", out _))
        {
            Stream(socket, JsonSerializer.Deserialize(line, ControlJson.Default.StreamRequest) ?? throw new InvalidDataException("a request was null"));
        }
        else if (BoxText.Read(line) is BoxMessage.Hello hello)
        {
            Keeper(socket, hello);
        }
        else
        {
            throw new InvalidDataException("the first line is neither hello nor a stream request");
        }
    }
}
