using System.Net;
using Figment.Keeper.Gateways;
using Figment.Linux.Errors;
using Figment.Linux.Polling;
using Figment.Linux.Splicing;

namespace Figment.Keeper.Dns;

/// <summary>The DNS server on all gateways of an application: its own names from the zone, others from the node's servers. The loop's thread.</summary>
internal sealed class DnsServer
{
    internal const int Port = 53;

    /// <summary>Connections at one gateway; a resolver needs one for the rare long answer.</summary>
    internal const int ConnectionsMax = 64;

    /// <summary>A query is a name and an option or two.</summary>
    internal const int QueryBytesMax = 4096;

    /// <summary>Messages taken before others get their turn.</summary>
    private const int MessagesMax = 64;

    private readonly NetworkLoop _loop;
    private readonly DnsForwarder _forwarder;
    private readonly List<Listener> _listeners = [];
    private readonly byte[] _buffer = new byte[QueryBytesMax];
    private DnsZone? _zone;
    private int _turn;

    internal DnsServer(NetworkLoop loop)
    {
        _loop = loop;
        _forwarder = new DnsForwarder(loop);
    }

    /// <summary>Answers by this from now on.</summary>
    internal void SetZone(DnsZone zone, IReadOnlyList<IPEndPoint> upstream)
    {
        _zone = zone;
        _forwarder.Upstream = upstream;
    }

    /// <summary>Serves a gateway's sockets from now on; they are the server's.</summary>
    internal void Add(int network, NetworkSocket datagrams, NetworkSocket connections)
    {
        var listener = new Listener(network, datagrams, connections);
        _listeners.Add(listener);
        listener.DatagramToken = _loop.Add(datagrams.Descriptor, PollEvents.Readable, _ => Receive(listener));
        listener.ConnectionToken = _loop.Add(connections.Descriptor, PollEvents.Readable, _ => Accept(listener));
    }

    /// <summary>Serves a network no more.</summary>
    internal void Remove(int network)
    {
        foreach (var listener in _listeners.Where(listener => listener.Network == network).ToArray())
        {
            Stop(listener);
        }
    }

    internal void Stop()
    {
        foreach (var listener in _listeners.ToArray())
        {
            Stop(listener);
        }

        _forwarder.Stop();
    }

    /// <summary>Answers one message; null: with silence.</summary>
    internal void Answer(int network, IPAddress asker, ReadOnlySpan<byte> message, bool tcp, Action<byte[]?> reply)
    {
        var query = DnsQuery.TryRead(message, out var refusal);
        if (query is null || _zone is null)
        {
            reply(refusal is { } code ? DnsReply.WriteRefusal(message, code) : null);
            return;
        }

        int bytesMax = tcp ? DnsReply.TcpBytesMax : Math.Min(query.UdpBytesMax, DnsReply.UdpBytesMax);
        if (query.EdnsVersion != 0)
        {
            reply(DnsReply.Write(query, new DnsAnswer { Code = DnsResponseCode.BadVersion }, 0, bytesMax));
            return;
        }

        var answer = _zone.Resolve(network, asker, query);
        if (!answer.IsForeign)
        {
            reply(DnsReply.Write(query, answer, _turn++, bytesMax));
        }
        else if (!_zone.MayAskOutside(network, asker))
        {
            reply(DnsReply.Write(query, DnsAnswer.NoSuchName, 0, bytesMax));
        }
        else
        {
            int foreignBytesMax = tcp ? DnsReply.TcpBytesMax : query.UdpBytesMax;
            _forwarder.Ask(message, query, tcp, bytes => reply(
                bytes is null ? DnsReply.Write(query, new DnsAnswer { Code = DnsResponseCode.ServerFailure }, 0, bytesMax)
                : bytes.Length > foreignBytesMax ? DnsReply.Cut(bytes, query)
                : bytes));
        }
    }

    private void Receive(Listener listener)
    {
        for (int count = 0; count < MessagesMax; count++)
        {
            int length = listener.Datagrams.ReceiveFrom(_buffer, out var client);
            if (length < 0)
            {
                return;
            }

            if (client is not null && length <= _buffer.Length)
            {
                Answer(listener.Network, client.Address, _buffer.AsSpan(0, length), tcp: false, bytes =>
                {
                    if (bytes is not null && !listener.IsStopped)
                    {
                        // A client that cannot be reached asks again or not at all.
                        _ = listener.Datagrams.SendTo(bytes, client);
                    }
                });
            }
        }
    }

    private void Accept(Listener listener)
    {
        for (int count = 0; count < MessagesMax; count++)
        {
            var socket = listener.Connections.Accept(out var client, out var error);
            if (socket is null || client is null)
            {
                if (error is Errno.EMFILE or Errno.ENFILE)
                {
                    _loop.Log.Warning($"DNS server: cannot take a connection ({error})");
                }

                socket?.Dispose();
                return;
            }

            if (listener.Open.Count >= ConnectionsMax)
            {
                socket.Dispose();
                continue;
            }

            var connection = new DnsConnection(_loop, socket, (message, reply) => Answer(listener.Network, client.Address, message, tcp: true, reply), ended => listener.Open.Remove(ended));
            listener.Open.Add(connection);
            connection.Start();
        }
    }

    private void Stop(Listener listener)
    {
        listener.IsStopped = true;
        _listeners.Remove(listener);
        _loop.Remove(listener.Datagrams.Descriptor, listener.DatagramToken);
        _loop.Remove(listener.Connections.Descriptor, listener.ConnectionToken);
        listener.Datagrams.Dispose();
        listener.Connections.Dispose();
        foreach (var connection in listener.Open.ToArray())
        {
            connection.Close();
        }
    }

    private sealed class Listener(int network, NetworkSocket datagrams, NetworkSocket connections)
    {
        public int Network { get; } = network;

        public NetworkSocket Datagrams { get; } = datagrams;

        public NetworkSocket Connections { get; } = connections;

        public ulong DatagramToken { get; set; }

        public ulong ConnectionToken { get; set; }

        public bool IsStopped { get; set; }

        public HashSet<DnsConnection> Open { get; } = [];
    }
}
