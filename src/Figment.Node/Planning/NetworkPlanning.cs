using System.Globalization;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Addresses;
using Figment.Node.Journal;

namespace Figment.Node.Planning;

/// <summary>Chooses networks and uplinks of an application.</summary>
internal static class NetworkPlanning
{
    private const int SubnetPrefix = 24;
    private const int UplinkPrefix = 30;

    /// <summary>A bridge needs its own address, one machine, and the two that IPv4 reserves.</summary>
    private const int ExplicitPrefixMax = 29;

    /// <summary>Networks of one application; each is a namespace, a bridge and an uplink.</summary>
    public const int NetworksMax = 64;

    public static IReadOnlyList<NetworkLaunch> Plan(PlanInput input, List<Allocation> allocations)
    {
        var specs = input.Spec.Networks;
        if (specs.Count > NetworksMax)
        {
            throw PlanError.Of($"application {input.Spec.Name} has {specs.Count} networks, at most {NetworksMax} are possible");
        }

        var subnets = ChooseSubnets(input, specs);
        var uplinksTaken = input.Node.NodeNetworks.Concat(input.Node.OtherApplications.Select(other => other.Range)).Concat(subnets.Values).ToList();
        var indices = ChooseIndices(input, specs);
        var launches = new List<NetworkLaunch>();
        foreach (var spec in specs)
        {
            var uplink = Held(input, AllocationKind.Uplink, spec.Name) is { } held && held.Prefix == UplinkPrefix && !uplinksTaken.Any(held.Overlaps)
                ? held
                : AddressPool.First(input.Options.UplinkPool, UplinkPrefix, uplinksTaken)
                    ?? throw PlanError.Of($"no /{UplinkPrefix} is left in the uplink pool {input.Options.UplinkPool} for network {spec.Name} of {input.Spec.Name}", "take applications down that are not needed, or set FIGMENT_UPLINK_POOL to a larger network");
            uplinksTaken.Add(uplink);
            allocations.Add(new Allocation(AllocationKind.Subnet, spec.Name, subnets[spec.Name].ToString()));
            allocations.Add(new Allocation(AllocationKind.Uplink, spec.Name, uplink.ToString()));
            launches.Add(Launch(input, spec, indices[spec.Name], subnets[spec.Name], uplink));
        }

        return launches;
    }

    private static Dictionary<string, Ipv4Range> ChooseSubnets(PlanInput input, IReadOnlyList<NetworkSpec> specs)
    {
        var chosen = new Dictionary<string, Ipv4Range>();
        foreach (var spec in specs.Where(spec => spec.Subnet is not null))
        {
            chosen[spec.Name] = Explicit(input, spec, chosen);
        }

        var taken = input.Node.NodeNetworks.Concat(input.Node.OtherApplications.Select(other => other.Range)).Concat(chosen.Values).ToList();
        foreach (var spec in specs.Where(spec => spec.Subnet is null))
        {
            var range = Held(input, AllocationKind.Subnet, spec.Name) is { } held && !taken.Any(held.Overlaps)
                ? held
                : AddressPool.First(input.Options.SubnetPool, SubnetPrefix, taken)
                    ?? throw PlanError.Of($"no /{SubnetPrefix} is left in the pool {input.Options.SubnetPool} for network {spec.Name} of {input.Spec.Name}", "take applications down that are not needed, or set FIGMENT_SUBNET_POOL to a larger network");
            chosen[spec.Name] = range;
            taken.Add(range);
        }

        return chosen;
    }

    private static Ipv4Range Explicit(PlanInput input, NetworkSpec spec, Dictionary<string, Ipv4Range> chosen)
    {
        if (!Ipv4Range.TryParse(spec.Subnet!, out var range) || range.Prefix > ExplicitPrefixMax)
        {
            throw PlanError.Of($"network {spec.Name}: subnet {spec.Subnet} is not an IPv4 network of at most /{ExplicitPrefixMax}");
        }

        foreach (var (name, other) in chosen)
        {
            if (other.Overlaps(range))
            {
                throw PlanError.Of($"network {spec.Name}: subnet {range} overlaps {other} of network {name} of the same application");
            }
        }

        foreach (var (application, other) in input.Node.OtherApplications)
        {
            if (other.Overlaps(range))
            {
                throw PlanError.Of($"network {spec.Name}: subnet {range} overlaps {other} of application {application}", $"choose another subnet, or take {application} down first");
            }
        }

        foreach (var other in input.Node.NodeNetworks)
        {
            if (other.Overlaps(range))
            {
                throw PlanError.Of($"network {spec.Name}: subnet {range} overlaps {other}, to which this node has a route or an address", "choose another subnet; ip route shows those in use");
            }
        }

        return range;
    }

    /// <summary>A network keeps its index while it lives: interface names are made of it.</summary>
    private static Dictionary<string, int> ChooseIndices(PlanInput input, IReadOnlyList<NetworkSpec> specs)
    {
        var indices = new Dictionary<string, int>();
        foreach (var previous in input.Previous?.Networks ?? [])
        {
            if (specs.Any(spec => spec.Name == previous.Name))
            {
                indices[previous.Name] = previous.Index;
            }
        }

        int next = 0;
        foreach (var spec in specs.Where(spec => !indices.ContainsKey(spec.Name)).ToList())
        {
            while (indices.ContainsValue(next))
            {
                next++;
            }

            indices[spec.Name] = next;
        }

        return indices;
    }

    private static NetworkLaunch Launch(PlanInput input, NetworkSpec spec, int index, Ipv4Range subnet, Ipv4Range uplink)
    {
        uint gateway = subnet.First + 1;
        if (spec.Gateway is not null && (!Ipv4Range.TryParseAddress(spec.Gateway, out gateway) || !subnet.Contains(gateway) || gateway == subnet.First || gateway == subnet.Last))
        {
            throw PlanError.Of($"network {spec.Name}: gateway {spec.Gateway} is not a host's address in {subnet}");
        }

        var (ipv6Subnet, ipv6Gateway) = spec.EnableIpv6 ? Ipv6(input, spec, index) : (null, null);
        return new NetworkLaunch
        {
            Name = spec.Name,
            Index = index,
            Subnet = subnet.ToString(),
            Gateway = Ipv4Range.Text(gateway),
            Uplink = uplink.ToString(),
            Ipv6Subnet = ipv6Subnet,
            Ipv6Gateway = ipv6Gateway,
            Internal = spec.Internal,
            Mtu = spec.Mtu ?? 1500,
        };
    }

    /// <summary>Without a subnet of the user's: a unique local one (RFC 4193) made of the application's tag, so that no two applications share it.</summary>
    private static (string Subnet, string Gateway) Ipv6(PlanInput input, NetworkSpec spec, int index)
    {
        string text = spec.Ipv6Subnet ?? string.Create(CultureInfo.InvariantCulture, $"fd66:{input.Tag[..4]}:{input.Tag[4..]}00:{index:x}::/64");
        if (!System.Net.IPNetwork.TryParse(text, out var network) || network.BaseAddress.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6 || network.PrefixLength > 64)
        {
            throw PlanError.Of($"network {spec.Name}: {text} is not an IPv6 network of at most /64 with all bits past the prefix 0");
        }

        return (network.ToString(), Ipv6Host(network.BaseAddress, 1));
    }

    /// <summary>The n-th address of an IPv6 network.</summary>
    public static string Ipv6Host(System.Net.IPAddress network, uint number)
    {
        byte[] bytes = network.GetAddressBytes();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), number);
        return new System.Net.IPAddress(bytes).ToString();
    }

    private static Ipv4Range? Held(PlanInput input, AllocationKind kind, string key) =>
        input.Held.FirstOrDefault(held => held.Kind == kind && held.Key == key) is { } found && Ipv4Range.TryParse(found.Value, out var range) ? range : null;
}
