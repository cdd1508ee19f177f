using System.Net;

namespace Figment.Linux.Netlink;

/// <summary>What an interface has learned of an address beside it: by ARP, or by its sibling of IPv6.</summary>
/// <param name="LinkIndex">The interface.</param>
/// <param name="Address">The neighbour's.</param>
public sealed record NeighborInfo(int LinkIndex, IPAddress Address)
{
    /// <summary>Empty where it is being sought.</summary>
    public string MacAddress { get; init; } = "";

    /// <summary>Given and not learned.</summary>
    public bool IsPermanent { get; init; }
}
