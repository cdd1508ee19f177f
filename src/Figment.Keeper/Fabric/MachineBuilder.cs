using System.Net;
using Figment.Linux.Files;
using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;

namespace Figment.Keeper.Fabric;

/// <summary>Makes a machine's namespace with its interfaces. Each part that is right already is left alone, each other one made anew. Runs on the walk's thread.</summary>
internal sealed class MachineBuilder(NamespaceWalk walk, NamespaceFolder folder, IReadOnlyDictionary<int, Router> routers) : IDisposable
{
    private const int LoopbackIndex = 1;

    /// <summary>
    /// A table of its own for a machine's TCP connections: who looks through them (CRIU does, several times) does not go through those of the whole node, 3 ms each time, and no other machine's make it slow.
    /// Kernels before 6.1 have one for all.
    /// </summary>
    private const string TableOfNext = "ipv4/tcp_child_ehash_entries";
    private const string TableEntries = "8192";

    /// <summary>Follows the table's size, where nobody says otherwise.</summary>
    private const string EndedMax = "ipv4/tcp_max_tw_buckets";

    /// <summary>What each machine's namespace is set to; see docs/networks.md for why.</summary>
    private static readonly (string Name, string Value)[] Settings =
    [
        ("core/somaxconn", "65535"),
        ("ipv4/tcp_max_syn_backlog", "65535"),
        ("ipv4/ip_unprivileged_port_start", "0"),
        ("ipv4/ping_group_range", "0 2147483647"),
        ("ipv4/tcp_fwmark_accept", "1"),
    ];

    private static readonly IPNetwork Everywhere = new(IPAddress.Any, 0);

    private Descriptor? _parent;

    public void Dispose() => _parent?.Dispose();

    internal void Ensure(MachinePlan machine) => Make(machine, isPlugged: false);

    /// <summary>Complete, but plugged and not at its bridges yet: nobody reaches it, and it reaches nobody.</summary>
    internal void Prepare(MachinePlan machine) => Make(machine, isPlugged: true);

    /// <summary>What a machine that is elsewhere may have here stays until it is released.</summary>
    internal void Keep(MachinePlan machine)
    {
        using var own = folder.TryOpen(machine.Name);
        if (own is not null)
        {
            foreach (var port in machine.Interfaces)
            {
                routers[port.Network.Index].Wanted.Add(port.Port);
            }
        }
    }

    private void Make(MachinePlan machine, bool isPlugged)
    {
        using var own = Open(machine, out bool fresh);
        using var client = new RouteClient();
        client.SetUp(LoopbackIndex);
        var links = fresh ? [] : client.Links().ToDictionary(link => link.Name, StringComparer.Ordinal);
        foreach (var link in links.Values.Where(link => IsOurs(link) && machine.Interfaces.All(port => port.Link != link.Name)))
        {
            client.DeleteLink(link.Index, link.Name);
        }

        foreach (var port in machine.Interfaces)
        {
            int index = EnsureLink(port, own, client, links.GetValueOrDefault(port.Link), isPlugged);
            EnsureAddresses(client, index, port, fresh);
        }

        EnsureDefaultRoute(machine, client, fresh);
    }

    private static bool IsOurs(LinkInfo link) => link.Kind == "veth" && link.Name.StartsWith(FabricNames.MachineLinkPrefix, StringComparison.Ordinal);

    private Descriptor Open(MachinePlan machine, out bool fresh)
    {
        fresh = false;
        if (folder.TryOpen(machine.Name) is { } pinned)
        {
            walk.Enter(pinned);
            return pinned;
        }

        fresh = true;
        EnterParent();
        string endedMax = KernelSetting.Read(EndedMax);
        walk.EnterNew();
        KernelSetting.Write(EndedMax, endedMax);
        foreach (var (name, value) in Settings)
        {
            KernelSetting.Write(name, value);
        }

        // Only for links made from now on: loopback keeps ::1.
        KernelSetting.WriteIfPresent("ipv6/conf/default/disable_ipv6", "1");
        folder.PinCurrent(machine.Name);
        return walk.OpenCurrent();
    }

    /// <summary>What the kernel is to give the next namespace is told in the one that it is made from, and the node's is not ours to set.</summary>
    private void EnterParent()
    {
        if (_parent is not null)
        {
            walk.Enter(_parent);
            return;
        }

        walk.EnterNew();
        KernelSetting.WriteIfPresent(TableOfNext, TableEntries);
        _parent = walk.OpenCurrent();
    }

    /// <summary>Returns the interface's index in the machine.</summary>
    private int EnsureLink(InterfacePlan port, Descriptor own, RouteClient client, LinkInfo? link, bool isPlugged)
    {
        var router = routers[port.Network.Index];
        int master = isPlugged ? 0 : router.Bridge;
        router.Wanted.Add(port.Port);
        var far = router.Links.GetValueOrDefault(port.Port);
        if (link is not null && far is not null && link.Peer == far.Index && far.Peer == link.Index && link.MacAddress == FabricNames.MacText(port.MacAddress) && link.Mtu == (uint)port.Network.Mtu)
        {
            if (far.Master != master)
            {
                router.Client.SetMaster(far.Index, master);
            }

            if (isPlugged)
            {
                Plug(router, client, far.Index, link.Index);
            }

            client.SetUp(link.Index);
            router.Client.SetUp(far.Index);
            return link.Index;
        }

        if (link is not null)
        {
            client.DeleteLink(link.Index, link.Name);
        }

        if (far is not null)
        {
            router.Client.DeleteLink(far.Index, far.Name);
        }

        router.Client.AddVeth(new VethPair
        {
            Name = port.Port,
            Master = master,
            PeerName = port.Link,
            PeerNamespace = own,
            PeerMacAddress = port.MacAddress,
            Mtu = port.Network.Mtu,
        });
        int made = client.FindLink(port.Link)?.Index ?? throw new FabricException($"the interface {port.Link} vanished while it was made");
        if (isPlugged)
        {
            Plug(router, client, router.Client.FindLink(port.Port)?.Index ?? throw new FabricException($"the interface {port.Port} vanished while it was made"), made);
        }

        client.SetUp(made);
        return made;
    }

    private static void Plug(Router router, RouteClient client, int far, int link)
    {
        MachinePlug.Plug(router.Client, far);
        MachinePlug.Plug(client, link);
    }

    private static void EnsureAddresses(RouteClient client, int link, InterfacePlan port, bool fresh)
    {
        var wanted = new List<(IPAddress Address, int PrefixLength)> { (port.Address, port.Network.Subnet.PrefixLength) };
        if (port is { Ipv6Address: { } ipv6, Network.Ipv6Subnet: { } subnet })
        {
            RouterBuilder.EnableIpv6(port.Link);
            wanted.Add((ipv6, subnet.PrefixLength));
        }

        if (!fresh)
        {
            RouterBuilder.EnsureAddresses(client, link, wanted);
            return;
        }

        foreach (var (address, prefixLength) in wanted)
        {
            client.AddAddress(link, address, prefixLength);
        }
    }

    private static void EnsureDefaultRoute(MachinePlan machine, RouteClient client, bool fresh)
    {
        var gateway = machine.DefaultNetwork?.Gateway;
        if (!fresh)
        {
            foreach (var route in client.Routes().Where(route => route.Destination.PrefixLength == 0 && route.Gateway is not null && !route.Gateway.Equals(gateway)))
            {
                client.DeleteRoute(route);
            }
        }

        if (gateway is not null)
        {
            client.ReplaceRoute(Everywhere, gateway, 0);
        }
    }
}
