using System.Net;

namespace Figment.Linux.Netlink;

/// <summary>A unicast route of the main table.</summary>
/// <param name="Destination">Base address; the unspecified one with prefix 0 for the default route.</param>
/// <param name="Gateway">Next hop, or null for a connected network.</param>
/// <param name="LinkIndex">Interface; 0 where the kernel names none (a multipath route).</param>
public sealed record RouteInfo(IPNetwork Destination, IPAddress? Gateway, int LinkIndex);
