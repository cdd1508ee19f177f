using System.Net;

namespace Figment.Keeper.Fabric;

/// <summary>A network of the launch, its addresses parsed.</summary>
internal sealed record NetworkPlan
{
    public required string Name { get; init; }

    public required int Index { get; init; }

    public required IPNetwork Subnet { get; init; }

    public required IPAddress Gateway { get; init; }

    public required string UplinkName { get; init; }

    public required IPNetwork Uplink { get; init; }

    public required IPAddress UplinkNode { get; init; }

    public required IPAddress UplinkRouter { get; init; }

    public IPNetwork? Ipv6Subnet { get; init; }

    public IPAddress? Ipv6Gateway { get; init; }

    public bool Internal { get; init; }

    public int Mtu { get; init; }

    /// <summary>Its number between nodes; 0: it is on this node alone.</summary>
    public int Vni { get; init; }

    /// <summary>This node has its gateway, and with it DNS; else the gateway is on the home node.</summary>
    public required bool HasGateway { get; init; }

    /// <summary>Its router leads to this node.</summary>
    public bool HasUplink => HasGateway && !Internal;

    public bool Holds(IPAddress address) => Subnet.Contains(address) || (Ipv6Subnet?.Contains(address) ?? false);

    public string Pin => FabricNames.Router(Index);
}
