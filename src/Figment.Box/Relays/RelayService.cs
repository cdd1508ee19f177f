using System.Collections.Concurrent;
using Figment.Box.Diagnostics;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Namespaces;
using Figment.Linux.Polling;
using Figment.Linux.Routing;
using Figment.Model.Specs;

namespace Figment.Box.Relays;

/// <summary>
/// Brings what waited at a placeholder to a program whose socket could not be the placeholder. Each connection is continued by one from within the machine that bears
/// the client's own address; its bytes are spliced. One thread, in the machine's network namespace, started when the first is handed over.
/// </summary>
internal sealed class RelayService(Descriptor network, BoxLog log, TimeProvider time) : IDisposable
{
    /// <summary>Mark and table number: marked packets to a client's address come back to the relay instead of leaving the machine. "fgmt".</summary>
    private const uint Mark = 0x66676D74;

    /// <summary>A program that has not listened by then is not going to.</summary>
    private static readonly TimeSpan WaitTime = TimeSpan.FromSeconds(30);

    /// <summary>Between attempts while the program's socket refuses.</summary>
    private const int RetryMs = 10;

    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly EventDescriptor _wake = new();
    private readonly Epoll _epoll = new();
    private readonly List<RelayedConnection> _connections = [];
    private readonly List<WaitingDatagram> _datagrams = [];
    private readonly HashSet<(int, TransportProtocol)> _listening = [];
    private readonly Dictionary<ulong, RelayedConnection> _byToken = [];
    private Thread? _thread;
    private ulong _lastToken;
    private volatile bool _stopping;
    private volatile int _count;

    /// <summary>How many connections go through it now. Any thread.</summary>
    public int Connections => _count;

    /// <summary>Takes accepted connections to a port; the program does not listen yet. The trap thread.</summary>
    public void TakeConnections(int port, IReadOnlyList<Descriptor> clients) => Post(() =>
    {
        foreach (var client in clients)
        {
            if (InternetSocket.PeerEndpoint(client) is { } peer && InternetSocket.LocalEndpoint(client) is { } local)
            {
                _connections.Add(new RelayedConnection(client, peer.Unmapped, local.Unmapped, port, Deadline()));
            }
            else
            {
                client.Dispose();
            }
        }
    });

    /// <summary>Takes datagrams that came to a port before the program was bound to it. The trap thread.</summary>
    public void TakeDatagrams(int port, InternetEndpoint to, IReadOnlyList<(InternetEndpoint From, byte[] Payload)> datagrams) => Post(() =>
        _datagrams.AddRange(datagrams.Select(datagram => new WaitingDatagram(port, datagram.From.Unmapped, to, datagram.Payload))));

    /// <summary>The program listens on, or is bound to, that port. The trap thread.</summary>
    public void Listening(int port, TransportProtocol protocol)
    {
        if (_thread is not null)
        {
            Post(() => _listening.Add((port, protocol)));
        }
    }

    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        _thread?.Join();
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }

        _epoll.Dispose();
        _wake.Dispose();
    }

    private void Post(Action command)
    {
        _commands.Enqueue(command);
        if (_thread is null)
        {
            _thread = new Thread(Run) { IsBackground = true, Name = "relay" };
            _thread.Start();
        }

        _wake.Set();
    }

    private void Run()
    {
        try
        {
            NamespaceThread.Run(network, NamespaceKind.Network, () =>
            {
                PrepareNamespace();
                Loop();
                return 0;
            });
        }
        catch (LinuxException exception)
        {
            log.Warn($"connections that waited at a placeholder are lost: {exception.Message}");
        }
    }

    private void PrepareNamespace()
    {
        // A socket that accepts a marked connection answers with the same mark, and so is routed back to the relay.
        File.WriteAllText("/proc/sys/net/ipv4/tcp_fwmark_accept", "1");
        PolicyRoute.DeliverMarked(Mark, version6: false);
        if (Directory.Exists("/proc/sys/net/ipv6"))
        {
            PolicyRoute.DeliverMarked(Mark, version6: true);
        }

        _epoll.Add(_wake.Descriptor, PollEvents.Readable, 0);
    }

    private void Loop()
    {
        List<(ulong Token, PollEvents Events)> ready = [];
        while (!_stopping)
        {
            bool retry = _connections.Exists(connection => connection.State == RelayState.Waiting && _listening.Contains((connection.Port, TransportProtocol.Tcp)));
            _epoll.Wait(retry ? RetryMs : _connections.Count > 0 ? 1000 : -1, ready);
            foreach (var (token, events) in ready)
            {
                if (token == 0)
                {
                    _wake.Clear();
                }
                else if (_byToken.TryGetValue(token, out var connection))
                {
                    Guard(connection, () => Advance(connection, events));
                }
            }

            while (_commands.TryDequeue(out var command))
            {
                command();
            }

            SendDatagrams();
            ConnectWaiting();
            _count = _connections.Count;
        }
    }

    private void ConnectWaiting()
    {
        long now = time.GetTimestamp();
        foreach (var connection in _connections.Where(connection => connection.State == RelayState.Waiting).ToList())
        {
            if (connection.Deadline < now)
            {
                Remove(connection);
            }
            else if (_listening.Contains((connection.Port, TransportProtocol.Tcp)))
            {
                Guard(connection, () =>
                {
                    connection.Token = ++_lastToken;
                    connection.Connect((int)Mark);
                    _byToken[connection.Token] = connection;
                    _epoll.Add(connection.Program!, PollEvents.Readable | PollEvents.Writable | PollEvents.PeerClosed | PollEvents.EdgeTriggered, connection.Token);
                });
            }
        }
    }

    private void Advance(RelayedConnection connection, PollEvents events)
    {
        if (connection.State == RelayState.Connecting)
        {
            if ((events & (PollEvents.Writable | PollEvents.Error | PollEvents.HungUp)) == 0)
            {
                return;
            }

            if (InternetSocket.TakeError(connection.Program!) != Errno.None)
            {
                // Bound, but not listening for this family yet.
                _byToken.Remove(connection.Token);
                connection.TryAgain();
                return;
            }

            connection.Join();
            _epoll.Add(connection.Client, PollEvents.Readable | PollEvents.Writable | PollEvents.PeerClosed | PollEvents.EdgeTriggered, connection.Token);
        }

        if (!connection.Pair!.Pump())
        {
            Remove(connection);
        }
    }

    /// <summary>An end that was reset ends its own connection only.</summary>
    private void Guard(RelayedConnection connection, Action step)
    {
        try
        {
            step();
        }
        catch (LinuxException exception)
        {
            if (exception.Error is not (Errno.ECONNRESET or Errno.EPIPE or Errno.ETIMEDOUT))
            {
                log.Warn($"a connection that waited at port {connection.Port} is lost: {exception.Message}");
            }

            Remove(connection);
        }
    }

    private void Remove(RelayedConnection connection)
    {
        _byToken.Remove(connection.Token);
        _connections.Remove(connection);
        connection.Dispose();
    }

    private void SendDatagrams()
    {
        foreach (var datagram in _datagrams.Where(datagram => _listening.Contains((datagram.Port, TransportProtocol.Udp))).ToList())
        {
            _datagrams.Remove(datagram);
            try
            {
                // From the client's own address and port: the program's answer goes straight to it.
                using var socket = InternetSocket.Create(datagram.From.IsVersion6, stream: false);
                InternetSocket.SetTransparent(socket, datagram.From.IsVersion6);
                InternetSocket.SetReuseAddress(socket);
                InternetSocket.Bind(socket, datagram.From);
                InternetSocket.SendTo(socket, datagram.Payload, datagram.To);
            }
            catch (LinuxException exception)
            {
                log.Warn($"a datagram that waited at port {datagram.Port} is lost: {exception.Message}");
            }
        }
    }

    private long Deadline() => time.GetTimestamp() + (long)(WaitTime.TotalSeconds * time.TimestampFrequency);

    private sealed record WaitingDatagram(int Port, InternetEndpoint From, InternetEndpoint To, byte[] Payload);
}
