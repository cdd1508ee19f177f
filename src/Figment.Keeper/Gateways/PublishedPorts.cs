using System.Net;
using Figment.Keeper.Fabric;
using Figment.Linux.Errors;
using Figment.Linux.Splicing;
using Figment.Model.Specs;

namespace Figment.Keeper.Gateways;

/// <summary>The published ports that are held on the node, changed as the launch changes. The keeper's thread, in the node's namespace where it binds.</summary>
internal sealed class PublishedPorts(NetworkLoop loop) : IDisposable
{
    private readonly PipePool _pipes = new();
    private readonly Dictionary<(IPAddress? HostIp, int HostPort, TransportProtocol Protocol), IGateway> _gateways = [];

    /// <summary>Bound, but not served yet.</summary>
    private readonly List<IGateway> _bound = [];

    private IReadOnlyList<PublishedPlan> _published = [];

    /// <summary>Frees what is published no more and takes what is new; clients of what is new wait until <see cref="Serve"/>. All or nothing of the new: a port that is taken leaves none of them bound.</summary>
    internal void Apply(IReadOnlyList<PublishedPlan> published)
    {
        foreach (var (key, gateway) in _gateways.Where(held => published.All(port => port.Key != held.Key)).ToArray())
        {
            loop.Invoke(gateway.Stop);
            _gateways.Remove(key);
            _bound.Remove(gateway);
        }

        // If what is new cannot be bound, what is left of the old is still served.
        _published = [.. _published.Where(port => _gateways.ContainsKey(port.Key))];

        var bound = new List<(PublishedPlan Port, NetworkSocket Socket)>();
        try
        {
            foreach (var port in published.Where(port => !_gateways.ContainsKey(port.Key)))
            {
                bound.Add((port, Bind(port)));
            }
        }
        catch
        {
            bound.ForEach(one => one.Socket.Dispose());
            throw;
        }

        foreach (var (port, socket) in bound)
        {
            IGateway gateway = port.Protocol == TransportProtocol.Tcp
                ? new TcpGateway(loop, _pipes, socket, port.Targets)
                : new UdpGateway(loop, socket, port.Targets);
            _gateways.Add(port.Key, gateway);
            _bound.Add(gateway);
        }

        _published = published;
    }

    /// <summary>The same ports lead elsewhere from now on.</summary>
    internal void Lead(IReadOnlyList<PublishedPlan> published)
    {
        _published = published;
        foreach (var port in published)
        {
            loop.Invoke(() => _gateways.GetValueOrDefault(port.Key)?.SetTargets(port.Targets));
        }
    }

    /// <summary>From now on clients are led to the machines.</summary>
    internal void Serve()
    {
        foreach (var port in _published)
        {
            loop.Invoke(() => _gateways[port.Key].SetTargets(port.Targets));
        }

        foreach (var gateway in _bound)
        {
            loop.Invoke(gateway.Start);
        }

        _bound.Clear();
    }

    public void Dispose()
    {
        foreach (var gateway in _gateways.Values)
        {
            loop.Invoke(gateway.Stop);
        }

        _gateways.Clear();
        loop.Invoke(_pipes.Dispose);
    }

    private static NetworkSocket Bind(PublishedPlan port)
    {
        var kind = port.Protocol == TransportProtocol.Tcp ? SocketKind.Stream : SocketKind.Datagram;
        try
        {
            if (port.HostIp is { } address)
            {
                return NetworkSocket.Bind(new IPEndPoint(address, port.HostPort), kind, TcpGateway.Backlog);
            }

            try
            {
                return NetworkSocket.Bind(new IPEndPoint(IPAddress.IPv6Any, port.HostPort), kind, TcpGateway.Backlog, dualStack: true);
            }
            catch (LinuxException exception) when (exception.Error is Errno.EAFNOSUPPORT or Errno.EADDRNOTAVAIL)
            {
                // A node without IPv6.
                return NetworkSocket.Bind(new IPEndPoint(IPAddress.Any, port.HostPort), kind, TcpGateway.Backlog);
            }
        }
        catch (LinuxException exception)
        {
            throw Explain(port, exception);
        }
    }

    private static FabricException Explain(PublishedPlan port, LinuxException exception)
    {
        string who = string.Join(", ", port.Machines);
        string tool = $"ss -{(port.Protocol == TransportProtocol.Tcp ? "tln" : "uln")}p sport = :{port.HostPort}";
        return exception.Error switch
        {
            Errno.EADDRINUSE => new FabricException(
                $"port {port.HostPort} of the node is taken (EADDRINUSE): {who} publishes {port}, held by {PortHolder.Find(port.HostPort, port.Protocol) ?? "a process that cannot be found"}; "
                + $"publish another port, or see: {tool}",
                exception),
            Errno.EADDRNOTAVAIL => new FabricException(
                $"{port.HostIp} is no address of the node (EADDRNOTAVAIL): {who} publishes {port}; publish on an address that the node has, see: ip address",
                exception),
            _ => new FabricException($"port {port} of the node cannot be had for {who}: {exception.Message}", exception),
        };
    }
}
