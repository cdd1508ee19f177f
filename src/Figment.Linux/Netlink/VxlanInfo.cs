using System.Net;

namespace Figment.Linux.Netlink;

/// <summary>What makes one VXLAN interface differ from another.</summary>
public sealed record VxlanInfo
{
    /// <summary>The network's number, 24 bits.</summary>
    public required int Vni { get; init; }

    /// <summary>Address that encapsulated packets are sent from; null: of the kernel's choice.</summary>
    public required IPAddress? Local { get; init; }

    /// <summary>UDP port at both ends.</summary>
    public required int Port { get; init; }

    /// <summary>Where a frame is sent is learned from where frames came from.</summary>
    public bool Learns { get; init; }

    /// <summary>Answers ARP and its sibling of IPv6 from its own entries.</summary>
    public bool Proxies { get; init; }
}
