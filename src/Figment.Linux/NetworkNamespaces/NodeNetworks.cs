using System.Net;
using Figment.Linux.Netlink;

namespace Figment.Linux.NetworkNamespaces;

/// <summary>What the calling thread's network namespace uses already, for choosing subnets that do not clash.</summary>
public sealed record NodeNetworks
{
    public required IReadOnlyList<LinkInfo> Links { get; init; }

    public required IReadOnlyList<AddressInfo> Addresses { get; init; }

    public required IReadOnlyList<RouteInfo> Routes { get; init; }

    /// <summary>Reads links, addresses and main routes now.</summary>
    public static NodeNetworks Read()
    {
        using var client = new RouteClient();
        return new NodeNetworks { Links = client.Links(), Addresses = client.Addresses(), Routes = client.Routes() };
    }

    /// <summary>What of the node overlaps this subnet, in words, or null if nothing does. The default route overlaps nothing.</summary>
    public string? ConflictWith(IPNetwork subnet)
    {
        foreach (var route in Routes.Where(route => route.Destination.PrefixLength > 0 && Overlap(route.Destination, subnet)))
        {
            return $"the route to {route.Destination} through {LinkName(route.LinkIndex)}";
        }

        return Addresses.FirstOrDefault(address => subnet.Contains(address.Address)) is { } clash
            ? $"the address {clash.Address}/{clash.PrefixLength} of {LinkName(clash.LinkIndex)}"
            : null;
    }

    private static bool Overlap(IPNetwork one, IPNetwork other) => one.Contains(other.BaseAddress) || other.Contains(one.BaseAddress);

    private string LinkName(int index) => Links.FirstOrDefault(link => link.Index == index)?.Name ?? $"link {index}";
}
