using System.Net;
using Figment.Linux.Netlink;

namespace Figment.Keeper.Fabric;

/// <summary>All entries that a network which spans nodes shall have in its router; what is there is compared with them.</summary>
internal sealed class SpanTable
{
    private readonly HashSet<NeighborInfo> _neighbors = [];
    private readonly HashSet<ForwardingInfo> _nodes = [];
    private readonly HashSet<ForwardingInfo> _ports = [];
    private readonly Dictionary<string, byte[]> _macAddresses = new(StringComparer.Ordinal);

    internal void Lead(int vxlan, SpanPort port, IPAddress node)
    {
        string mac = Note(port);
        Answer(vxlan, port, mac);
        _nodes.Add(new ForwardingInfo(vxlan, mac) { Destination = node, IsFixed = true });
        _ports.Add(new ForwardingInfo(vxlan, mac) { IsFixed = true });
    }

    /// <param name="vxlan">The way to the other nodes.</param>
    /// <param name="port">Who is here.</param>
    /// <param name="link">The bridge's port.</param>
    /// <param name="isPlugged">It cannot answer yet, so the way to the other nodes still does.</param>
    internal void Hold(int vxlan, SpanPort port, int link, bool isPlugged)
    {
        string mac = Note(port);
        if (isPlugged)
        {
            Answer(vxlan, port, mac);
        }

        _ports.Add(new ForwardingInfo(link, mac) { IsFixed = true });
    }

    internal void Apply(RouteClient client, int vxlan, int bridge)
    {
        var forwarding = new ForwardingClient(client);
        var neighbors = client.Neighbors().Where(neighbor => neighbor.LinkIndex == vxlan).ToHashSet();
        var entries = forwarding.Entries();
        var nodes = entries.Where(entry => entry.LinkIndex == vxlan && entry.Master == 0).ToHashSet();
        var ports = entries.Where(entry => entry.Master == bridge && entry.IsFixed).Select(entry => entry with { Master = 0 }).ToHashSet();
        foreach (var neighbor in _neighbors.Except(neighbors))
        {
            client.SetNeighbor(vxlan, neighbor.Address, _macAddresses[neighbor.MacAddress]);
        }

        foreach (var entry in _nodes.Except(nodes))
        {
            forwarding.SetNode(vxlan, _macAddresses[entry.MacAddress], entry.Destination!);
        }

        foreach (var entry in _ports.Except(ports))
        {
            forwarding.SetPort(entry.LinkIndex, _macAddresses[entry.MacAddress]);
        }

        // An entry that was replaced is not there any more under what it was.
        foreach (var neighbor in neighbors.ExceptBy(_neighbors.Select(one => one.Address), one => one.Address))
        {
            client.DeleteNeighbor(neighbor);
        }

        foreach (var entry in nodes.ExceptBy(_nodes.Select(one => one.MacAddress), one => one.MacAddress))
        {
            forwarding.DeleteNode(vxlan, Parse(entry.MacAddress));
        }

        foreach (var entry in ports.ExceptBy(_ports.Select(one => one.MacAddress), one => one.MacAddress))
        {
            forwarding.DeletePort(entry.LinkIndex, Parse(entry.MacAddress));
        }
    }

    private static byte[] Parse(string mac) => Convert.FromHexString(mac.Replace(":", "", StringComparison.Ordinal));

    private string Note(SpanPort port)
    {
        string mac = FabricNames.MacText(port.MacAddress);
        _macAddresses[mac] = port.MacAddress;
        return mac;
    }

    private void Answer(int vxlan, SpanPort port, string mac)
    {
        foreach (var address in port.Addresses)
        {
            _neighbors.Add(new NeighborInfo(vxlan, address) { MacAddress = mac, IsPermanent = true });
        }
    }
}
