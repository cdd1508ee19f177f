using System.Net;
using Figment.Linux.Polling;
using Figment.Linux.Splicing;

namespace Figment.Keeper.Gateways;

/// <summary>A published UDP port: holds it on the node and relays what the kernel did not translate. Each client has a flow, a socket of its own towards one machine.</summary>
internal sealed class UdpGateway : IGateway
{
    /// <summary>A flow is a descriptor; beyond them the longest idle one ends.</summary>
    internal const int FlowsMax = 1024;

    /// <summary>Datagrams moved before others get their turn.</summary>
    private const int DatagramsMax = 64;

    /// <summary>The largest that UDP can carry.</summary>
    private const int DatagramBytesMax = 65_535;

    /// <summary>As long as the kernel's own translation remembers a UDP flow that was answered (nf_conntrack_udp_timeout_stream, rounded).</summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(2);

    private readonly NetworkLoop _loop;
    private readonly NetworkSocket _socket;
    private readonly Dictionary<IPEndPoint, Flow> _flows = [];
    private readonly byte[] _buffer = new byte[DatagramBytesMax];
    private IReadOnlyList<IPEndPoint> _targets;
    private int _next;
    private ulong _token;

    internal UdpGateway(NetworkLoop loop, NetworkSocket socket, IReadOnlyList<IPEndPoint> targets)
    {
        _loop = loop;
        _socket = socket;
        _targets = targets;
    }

    public void Start() => _token = _loop.Add(_socket.Descriptor, PollEvents.Readable, _ => FromClients());

    /// <summary>Flows to a machine that is no target any more end.</summary>
    public void SetTargets(IReadOnlyList<IPEndPoint> targets)
    {
        _targets = targets;
        foreach (var (client, flow) in _flows.Where(flow => !targets.Contains(flow.Value.Target)).ToArray())
        {
            End(client, flow);
        }
    }

    public void Stop()
    {
        foreach (var (client, flow) in _flows.ToArray())
        {
            End(client, flow);
        }

        _loop.Remove(_socket.Descriptor, _token);
        _socket.Dispose();
    }

    private void FromClients()
    {
        for (int count = 0; count < DatagramsMax; count++)
        {
            int length = _socket.ReceiveFrom(_buffer, out var client);
            if (length < 0)
            {
                return;
            }

            if (client is not null && length <= _buffer.Length)
            {
                var flow = _flows.GetValueOrDefault(client) ?? Open(client);
                flow.LastUsed = _loop.Time.GetTimestamp();

                // A refusal is the machine's answer to an earlier datagram; UDP tells nobody, and the next one may be taken.
                _ = flow.Socket.Send(_buffer.AsSpan(0, length));
            }
        }
    }

    private Flow Open(IPEndPoint client)
    {
        if (_flows.Count >= FlowsMax)
        {
            var (oldest, old) = _flows.MinBy(flow => flow.Value.LastUsed);
            End(oldest, old);
        }

        var target = _targets[(int)((uint)_next++ % (uint)_targets.Count)];
        var flow = new Flow(NetworkSocket.Open(target.AddressFamily, SocketKind.Datagram), target);
        try
        {
            flow.Socket.Connect(target);
            flow.Token = _loop.Add(flow.Socket.Descriptor, PollEvents.Readable, _ => FromMachine(client, flow));
            flow.Origin = _loop.Origins.Add(flow.Socket.LocalEndPoint, client);
        }
        catch
        {
            flow.Socket.Dispose();
            throw;
        }

        if (_flows.Count == 0)
        {
            _loop.AddTicker(EndIdle);
        }

        _flows.Add(client, flow);
        return flow;
    }

    private void FromMachine(IPEndPoint client, Flow flow)
    {
        for (int count = 0; count < DatagramsMax; count++)
        {
            int length = flow.Socket.Receive(_buffer);
            if (length < 0)
            {
                return;
            }

            flow.LastUsed = _loop.Time.GetTimestamp();
            _ = _socket.SendTo(_buffer.AsSpan(0, Math.Min(length, _buffer.Length)), client);
        }
    }

    private void EndIdle()
    {
        foreach (var (client, flow) in _flows.Where(flow => _loop.Time.GetElapsedTime(flow.Value.LastUsed) > IdleTime).ToArray())
        {
            End(client, flow);
        }
    }

    private void End(IPEndPoint client, Flow flow)
    {
        _flows.Remove(client);
        _loop.Origins.Leave(flow.Origin!);
        _loop.Remove(flow.Socket.Descriptor, flow.Token);
        flow.Socket.Dispose();
        if (_flows.Count == 0)
        {
            _loop.RemoveTicker(EndIdle);
        }
    }

    private sealed class Flow(NetworkSocket socket, IPEndPoint target)
    {
        public NetworkSocket Socket { get; } = socket;

        public IPEndPoint Target { get; } = target;

        public Origins.Origin? Origin { get; set; }

        public ulong Token { get; set; }

        public long LastUsed { get; set; }
    }
}
