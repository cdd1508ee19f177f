using System.Net;
using Figment.Linux.Files;
using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;

namespace Figment.Keeper.Fabric;

/// <summary>Makes a network's router: namespace, bridge, uplink to the node. Each part that is right already is left alone, each other one made anew. Runs on the walk's thread.</summary>
internal sealed class RouterBuilder(NamespaceWalk walk, NamespaceFolder folder, RouteClient node, string tag)
{
    private const int LoopbackIndex = 1;
    private const int UplinkPrefixLength = 30;

    private static readonly IPNetwork Everywhere = new(IPAddress.Any, 0);

    internal Router Ensure(NetworkPlan network)
    {
        var pinned = Open(network, out bool fresh);
        Router router;
        try
        {
            router = new Router(network, pinned, new RouteClient(), fresh);
        }
        catch
        {
            pinned.Dispose();
            throw;
        }

        try
        {
            router.Client.SetUp(LoopbackIndex);
            router.Links = router.Client.Links().ToDictionary(link => link.Name, StringComparer.Ordinal);
            EnsureBridge(router);
            if (network.HasUplink)
            {
                EnsureUplink(router);
            }
            else
            {
                RemoveUplink(network);
            }

            return router;
        }
        catch
        {
            router.Dispose();
            throw;
        }
    }

    /// <summary>Removes bridge ports that belong to no machine any more; says whether there was one.</summary>
    internal static bool RemoveUnwanted(Router router)
    {
        var unwanted = router.Links.Values.Where(link => link.Name.StartsWith(FabricNames.PortPrefix, StringComparison.Ordinal) && link.Kind == "veth" && !router.Wanted.Contains(link.Name)).ToList();
        foreach (var link in unwanted)
        {
            router.Client.DeleteLink(link.Index, link.Name);
        }

        return unwanted.Count > 0;
    }

    /// <summary>Gives a link these addresses and no others; the kernel's own link-local ones stay.</summary>
    internal static void EnsureAddresses(RouteClient client, int link, params IReadOnlyList<(IPAddress Address, int PrefixLength)> wanted)
    {
        foreach (var present in client.Addresses().Where(address => address.LinkIndex == link && !address.Address.IsIPv6LinkLocal))
        {
            if (!wanted.Contains((present.Address, present.PrefixLength)))
            {
                client.DeleteAddress(present);
            }
        }

        foreach (var (address, prefixLength) in wanted)
        {
            client.AddAddress(link, address, prefixLength);
        }
    }

    /// <summary>IPv6 is off where a namespace's links are made; a network that has it turns it on for its own.</summary>
    internal static void EnableIpv6(string link)
    {
        KernelSetting.Write($"ipv6/conf/{link}/accept_dad", "0");
        KernelSetting.Write($"ipv6/conf/{link}/accept_ra", "0");
        KernelSetting.Write($"ipv6/conf/{link}/disable_ipv6", "0");
    }

    private Descriptor Open(NetworkPlan network, out bool fresh)
    {
        fresh = false;
        if (folder.TryOpen(network.Pin) is { } pinned)
        {
            walk.Enter(pinned);
            return pinned;
        }

        fresh = true;

        // Settings before the pin: who finds a pin finds a namespace that is set.
        walk.EnterNew();
        KernelSetting.Write("ipv4/ip_forward", "1");
        KernelSetting.WriteIfPresent("ipv6/conf/default/disable_ipv6", "1");
        KernelSetting.WriteIfPresent("bridge/bridge-nf-call-iptables", "0");
        KernelSetting.WriteIfPresent("bridge/bridge-nf-call-ip6tables", "0");
        folder.PinCurrent(network.Pin);
        return walk.OpenCurrent();
    }

    private static void EnsureBridge(Router router)
    {
        var network = router.Network;
        byte[] macAddress = FabricNames.BridgeMacAddress(network);
        string mac = FabricNames.MacText(macAddress);
        var bridge = router.Links.GetValueOrDefault(FabricNames.Bridge);
        if (bridge is not null && (bridge.Kind != "bridge" || bridge.MacAddress != mac))
        {
            router.Client.DeleteLink(bridge.Index, bridge.Name);
            bridge = null;
        }

        if (bridge is null)
        {
            router.Client.AddBridge(FabricNames.Bridge, network.Mtu, macAddress);
            bridge = router.Client.FindLink(FabricNames.Bridge) ?? throw new FabricException($"network {network.Name}: the bridge vanished while it was made");
        }
        else if (bridge.Mtu != (uint)network.Mtu)
        {
            router.Client.SetMtu(bridge.Index, network.Mtu);
        }

        router.Bridge = bridge.Index;
        var addresses = new List<(IPAddress, int)>();
        if (network.HasGateway)
        {
            addresses.Add((network.Gateway, network.Subnet.PrefixLength));
        }

        if (network is { HasGateway: true, Ipv6Gateway: { } gateway, Ipv6Subnet: { } subnet })
        {
            EnableIpv6(FabricNames.Bridge);
            addresses.Add((gateway, subnet.PrefixLength));
        }

        EnsureAddresses(router.Client, bridge.Index, addresses);
        router.Client.SetUp(bridge.Index);
    }

    private void EnsureUplink(Router router)
    {
        var network = router.Network;
        var near = node.FindLink(network.UplinkName);
        var far = router.Links.GetValueOrDefault(FabricNames.RouterUplink);
        if (near is null || far is null || near.Peer != far.Index || far.Peer != near.Index || near.Mtu != (uint)network.Mtu || far.Mtu != (uint)network.Mtu)
        {
            Delete(node, near);
            Delete(router.Client, far);
            node.AddVeth(new VethPair { Name = network.UplinkName, PeerName = FabricNames.RouterUplink, PeerNamespace = router.Namespace, Mtu = network.Mtu });
            near = node.FindLink(network.UplinkName);
            far = router.Client.FindLink(FabricNames.RouterUplink);
            if (near is null || far is null)
            {
                throw new FabricException($"network {network.Name}: the uplink {network.UplinkName} vanished while it was made");
            }
        }

        RequireFree(network);
        node.SetUp(near.Index);
        router.Client.SetUp(far.Index);
        EnsureAddresses(node, near.Index, (network.UplinkNode, UplinkPrefixLength));
        EnsureAddresses(router.Client, far.Index, (network.UplinkRouter, UplinkPrefixLength));
        router.Client.ReplaceRoute(Everywhere, network.UplinkNode, far.Index);
        EnsureNodeRoute(network, near.Index);
    }

    /// <summary>Another node on this host may have taken the range since this one planned; to go on would cut its machines off.</summary>
    private void RequireFree(NetworkPlan network)
    {
        var holders = node.Routes().Where(route => route.Destination.Equals(network.Subnet) || route.Destination.Equals(network.Uplink)).Select(route => route.LinkIndex)
            .Concat(node.Addresses().Where(address => network.Uplink.Contains(address.Address)).Select(address => address.LinkIndex))
            .ToHashSet();
        string own = FabricNames.UplinkPrefixOf(tag);
        if (node.Links().FirstOrDefault(link => holders.Contains(link.Index) && !link.Name.StartsWith(own, StringComparison.Ordinal)) is { } holder)
        {
            throw new FabricException($"network {network.Name}: {network.Subnet} or its uplink {network.Uplink} is in use by {holder.Name}, an interface of this host; figment up once more chooses other networks");
        }
    }

    /// <summary>The node's way to the subnet; ways of earlier subnets through the same uplink go.</summary>
    private void EnsureNodeRoute(NetworkPlan network, int link)
    {
        bool present = false;
        foreach (var route in node.Routes().Where(route => route.LinkIndex == link && route.Gateway is not null))
        {
            if (route.Destination.Equals(network.Subnet) && network.UplinkRouter.Equals(route.Gateway))
            {
                present = true;
            }
            else
            {
                node.DeleteRoute(route);
            }
        }

        if (!present)
        {
            node.ReplaceRoute(network.Subnet, network.UplinkRouter, link);
        }
    }

    private void RemoveUplink(NetworkPlan network) => Delete(node, node.FindLink(network.UplinkName));

    private static void Delete(RouteClient client, LinkInfo? link)
    {
        if (link is not null)
        {
            client.DeleteLink(link.Index, link.Name);
        }
    }
}
