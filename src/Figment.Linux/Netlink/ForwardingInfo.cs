using System.Net;

namespace Figment.Linux.Netlink;

/// <summary>Where frames for an address go, by a bridge's table or by that of a VXLAN interface.</summary>
/// <param name="LinkIndex">The bridge's port, or the VXLAN interface.</param>
/// <param name="MacAddress"><c>02:66:0a:05:00:03</c>.</param>
public sealed record ForwardingInfo(int LinkIndex, string MacAddress)
{
    /// <summary>The bridge whose entry it is; 0: the interface's own.</summary>
    public int Master { get; init; }

    /// <summary>The node that a VXLAN interface sends to.</summary>
    public IPAddress? Destination { get; init; }

    /// <summary>Given and not learned, and it stays where it was put whoever claims the address.</summary>
    public bool IsFixed { get; init; }
}
