using Figment.Linux.Errors;
using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;

namespace Figment.Keeper.Fabric;

/// <summary>
/// Ties each network's bridge to its like on the other nodes, by a VXLAN interface that is told where each address is: nothing is learned, and nothing floods. Runs on the walk's thread,
/// after routers and machines; each part that is right already is left alone.
/// </summary>
internal sealed class SpanBuilder(NamespaceWalk walk, RouteClient node, FabricPlan plan)
{
    /// <summary>A router's namespace that lost its pin goes within milliseconds, and only then is the network's number on this node free again.</summary>
    private static readonly TimeSpan NumberPatience = TimeSpan.FromSeconds(5);

    private static readonly BridgePortInfo Told = new(Learns: false, Floods: false);

    /// <summary>Removes what the plan has no more or has otherwise, in all routers before the first is made: networks may have exchanged their numbers.</summary>
    /// <param name="routers">All.</param>
    /// <param name="kept">Sockets of this keeper's that hold the namespace of a router that lost its pin.</param>
    internal void RemoveUnwanted(IReadOnlyDictionary<int, Router> routers, RouterClients kept)
    {
        foreach (var router in routers.Values)
        {
            if (router.IsFresh && kept.Find(router.Network.Index) is { } lost && lost.FindLink(FabricNames.Vxlan) is { } old)
            {
                lost.DeleteLink(old.Index, old.Name);
            }

            if (router.Links.GetValueOrDefault(FabricNames.Vxlan) is { } link && !IsRight(router.Network, link))
            {
                router.Client.DeleteLink(link.Index, link.Name);
                router.Links.Remove(link.Name);
            }
        }
    }

    internal void Ensure(Router router)
    {
        if (plan.Span is not { } span)
        {
            return;
        }

        int vxlan = EnsureLink(router);
        var links = router.Client.Links().ToDictionary(link => link.Name, StringComparer.Ordinal);
        var plugged = new QueueClient(router.Client).Queues().Where(queue => queue.IsPlugged).Select(queue => queue.LinkIndex).ToHashSet();
        var table = new SpanTable();
        if (!router.Network.HasGateway)
        {
            table.Lead(vxlan, SpanPort.GatewayOf(router.Network), span.Peers[span.Home]);
        }

        var left = new List<LinkInfo>();
        foreach (var (machine, port) in plan.Machines.SelectMany(machine => machine.Interfaces.Select(port => (machine, port))).Where(one => one.port.Network.Index == router.Network.Index))
        {
            var link = links.GetValueOrDefault(port.Port);
            if (machine.Node is { } peer)
            {
                table.Lead(vxlan, SpanPort.Of(port), span.Peers[peer]);
                left.AddRange(link is { Master: not 0 } ? [link] : []);
            }
            else if (link is not null)
            {
                table.Hold(vxlan, SpanPort.Of(port), link.Index, isPlugged: plugged.Contains(link.Index));
            }
        }

        table.Apply(router.Client, vxlan, router.Bridge);
        foreach (var link in left)
        {
            router.Client.SetMaster(link.Index, 0);
        }
    }

    /// <summary>Removes the interface of a router that is about to go, so that the network's number is free at once. The thread is in the router's namespace afterwards.</summary>
    internal static void Remove(NamespaceWalk walk, NamespaceFolder folder, string pin)
    {
        if (folder.TryOpen(pin) is { } pinned)
        {
            using (pinned)
            {
                walk.Enter(pinned);
            }

            using var client = new RouteClient();
            if (client.FindLink(FabricNames.Vxlan) is { } link)
            {
                client.DeleteLink(link.Index, link.Name);
            }
        }
    }

    private bool IsRight(NetworkPlan network, LinkInfo link) => plan.Span is { } span && link.Vxlan == Wanted(network, span) && link.Mtu == (uint)network.Mtu;

    private static VxlanInfo Wanted(NetworkPlan network, SpanPlan span) => new() { Vni = network.Vni, Local = span.Address, Port = span.Port, Proxies = true };

    private int EnsureLink(Router router)
    {
        var link = router.Links.GetValueOrDefault(FabricNames.Vxlan) ?? Make(router);
        if (link.Master != router.Bridge)
        {
            router.Client.SetMaster(link.Index, router.Bridge);
        }

        if (link.BridgePort != Told)
        {
            router.Client.SetBridgePort(link.Index, Told);
        }

        // What the interface finds too long it reports to machines, but not to those beyond the router (Linux 6.18: the report goes the way of the packet); the router, which notes
        // the length for itself, does it for it.
        walk.Enter(router.Namespace);
        KernelSetting.Write("ipv4/ip_forward_use_pmtu", "1");
        if (router.Network.Ipv6Subnet is not null)
        {
            // Only to have neighbours of IPv6 to answer from: an address of its own would never be reached.
            KernelSetting.Write($"ipv6/conf/{FabricNames.Vxlan}/addr_gen_mode", "1");
            RouterBuilder.EnableIpv6(FabricNames.Vxlan);
        }

        router.Client.SetUp(link.Index);
        return link.Index;
    }

    private LinkInfo Make(Router router)
    {
        var wanted = new VxlanLink { Name = FabricNames.Vxlan, Namespace = router.Namespace, Vxlan = Wanted(router.Network, plan.Span!), Mtu = router.Network.Mtu };
        LinuxException? refusal = null;
        _ = SpinWait.SpinUntil(() => (refusal = TryAdd(wanted)) is null || refusal.Error != Errno.EEXIST || !router.IsFresh, NumberPatience);
        if (refusal is not null)
        {
            throw refusal.Error switch
            {
                Errno.EEXIST => new FabricException($"network {router.Network.Name}: its number between nodes, {router.Network.Vni}, is another network's on this node (UDP port {plan.Span!.Port}); no two applications may have the same", refusal),
                Errno.EOPNOTSUPP => new FabricException($"network {router.Network.Name}: the kernel has no VXLAN, by which networks span nodes; modprobe vxlan", refusal),
                _ => refusal,
            };
        }

        return router.Client.FindLink(FabricNames.Vxlan) ?? throw new FabricException($"network {router.Network.Name}: the interface {FabricNames.Vxlan} vanished while it was made");
    }

    private LinuxException? TryAdd(VxlanLink link)
    {
        try
        {
            node.AddVxlan(link);
            return null;
        }
        catch (LinuxException exception)
        {
            return exception;
        }
    }
}
