using System.Net;
using Figment.Linux.Netlink;

namespace Figment.Keeper.Fabric;

/// <summary>An address of a network that spans nodes: who it is, and how its bridge and the way to the other nodes are told where it is. A machine's interface, or the gateway.</summary>
/// <param name="Addresses">IPv4, and IPv6 where the network has it.</param>
/// <param name="MacAddress">Six bytes.</param>
internal sealed record SpanPort(IReadOnlyList<IPAddress> Addresses, byte[] MacAddress)
{
    internal static SpanPort Of(InterfacePlan port) => new(port.Ipv6Address is { } ipv6 ? [port.Address, ipv6] : [port.Address], port.MacAddress);

    internal static SpanPort GatewayOf(NetworkPlan network) =>
        new(network.Ipv6Gateway is { } ipv6 ? [network.Gateway, ipv6] : [network.Gateway], FabricNames.MacAddress(network.Gateway));

    /// <summary>It is at another node. The bridge hears last, when there is a way already.</summary>
    internal void Lead(RouteClient client, int vxlan, IPAddress node)
    {
        var forwarding = new ForwardingClient(client);
        foreach (var address in Addresses)
        {
            client.SetNeighbor(vxlan, address, MacAddress);
        }

        forwarding.SetNode(vxlan, MacAddress, node);
        forwarding.SetPort(vxlan, MacAddress);
    }

    /// <summary>It is behind a port of this node's bridge.</summary>
    internal void Hold(RouteClient client, int vxlan, int port)
    {
        var forwarding = new ForwardingClient(client);
        forwarding.SetPort(port, MacAddress);
        forwarding.DeleteNode(vxlan, MacAddress);
    }

    /// <summary>The way to the other nodes no longer answers for it, since it answers itself.</summary>
    internal void AnswerItself(RouteClient client, int vxlan)
    {
        foreach (var address in Addresses)
        {
            client.DeleteNeighbor(new NeighborInfo(vxlan, address));
        }
    }
}
