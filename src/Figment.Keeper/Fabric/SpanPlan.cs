using System.Net;
using System.Net.Sockets;
using Figment.Model.Launch;

namespace Figment.Keeper.Fabric;

/// <summary>The nodes that the application's networks span, addresses parsed.</summary>
internal sealed record SpanPlan
{
    public required string Node { get; init; }

    public required IPAddress Address { get; init; }

    public required int Port { get; init; }

    public required string Home { get; init; }

    /// <summary>The other nodes' addresses by name.</summary>
    public required IReadOnlyDictionary<string, IPAddress> Peers { get; init; }

    public bool IsHome => Home == Node;

    /// <exception cref="FabricException">It contradicts itself.</exception>
    public static SpanPlan Of(SpanLaunch span)
    {
        FabricPlan.Require(span.Node.Length > 0, "the span does not say which node this is");
        var address = FabricPlan.AddressOf(span.Address, AddressFamily.InterNetwork, $"node {span.Node}: address");
        FabricPlan.Require(span.Port is > 0 and <= IPEndPoint.MaxPort, $"the span's port {span.Port} is no UDP port");
        var peers = new Dictionary<string, IPAddress>(StringComparer.Ordinal);
        foreach (var peer in span.Peers)
        {
            FabricPlan.Require(peer.Node.Length > 0, $"the peer at {peer.Address} has no name");
            FabricPlan.Require(peer.Node != span.Node, $"node {span.Node} is named as its own peer");
            var at = FabricPlan.AddressOf(peer.Address, AddressFamily.InterNetwork, $"node {peer.Node}: address");
            FabricPlan.Require(!at.Equals(address) && !peers.ContainsValue(at), $"node {peer.Node}: address {at} is another node's too");
            FabricPlan.Require(peers.TryAdd(peer.Node, at), $"node {peer.Node} is named twice");
        }

        FabricPlan.Require(span.Home == span.Node || peers.ContainsKey(span.Home), $"the home '{span.Home}' of the span is neither this node, {span.Node}, nor one of its peers");
        return new SpanPlan { Node = span.Node, Address = address, Port = span.Port, Home = span.Home, Peers = peers };
    }

    /// <summary>The node as machines name it: null for this one.</summary>
    /// <exception cref="FabricException">There is no such node.</exception>
    public string? Place(string? node, string machine)
    {
        FabricPlan.Require(node is null || node == Node || Peers.ContainsKey(node), $"machine {machine} cannot be at node '{node}': the span has no peer of that name");
        return node == Node ? null : node;
    }
}
