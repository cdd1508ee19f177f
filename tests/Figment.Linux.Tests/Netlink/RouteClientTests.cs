using System.Net;
using Figment.Linux.Errors;
using Figment.Linux.Namespaces;
using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;

namespace Figment.Linux.Tests.Netlink;

public sealed class RouteClientTests
{
    private static readonly byte[] Mac = [2, 0x66, 10, 9, 0, 1];

    [Fact]
    public void A_pair_of_links_lies_in_two_namespaces_and_each_end_names_the_other() => InNew(client =>
    {
        using var other = NamespaceThread.RunInNew(NamespaceKind.Network, () => NamespaceThread.OpenOwn(NamespaceKind.Network));
        client.AddBridge("br0", 1400, Mac);
        var bridge = client.FindLink("br0")!;
        client.AddVeth(new VethPair { Name = "near0", PeerName = "far0", PeerNamespace = other, Mtu = 1400, Master = bridge.Index, PeerMacAddress = new byte[] { 2, 0, 0, 0, 0, 7 } });
        var near = client.FindLink("near0")!;
        var far = NamespaceThread.Run(other, NamespaceKind.Network, () =>
        {
            using var there = new RouteClient();
            return there.FindLink("far0")!;
        });

        Assert.Equal(("bridge", "02:66:0a:09:00:01", 1400u, false), (bridge.Kind, bridge.MacAddress, bridge.Mtu, bridge.IsUp));
        Assert.Equal(("veth", far.Index, bridge.Index, true, 1400u), (near.Kind, near.Peer, near.Master, near.IsUp, near.Mtu));
        Assert.Equal(("veth", near.Index, "02:00:00:00:00:07", 1400u), (far.Kind, far.Peer, far.MacAddress, far.Mtu));
        client.SetMaster(near.Index, 0);
        client.SetMtu(near.Index, 1300);
        Assert.Equal((0, 1300u), (client.FindLink("near0")!.Master, client.FindLink("near0")!.Mtu));
        client.DeleteLink(near.Index, near.Name);
        client.DeleteLink(near.Index, near.Name);
        Assert.Null(client.FindLink("near0"));
    });

    [Fact]
    public void Addresses_and_routes_are_given_read_and_taken() => InNew(client =>
    {
        client.AddBridge("br0", 1500, Mac);
        int link = client.FindLink("br0")!.Index;
        client.SetUp(link);
        client.AddAddress(link, IPAddress.Parse("10.9.0.1"), 24);
        client.AddAddress(link, IPAddress.Parse("10.9.0.1"), 24);
        client.AddAddress(link, IPAddress.Parse("fd09::1"), 64);
        client.ReplaceRoute(IPNetwork.Parse("10.10.0.0/16"), IPAddress.Parse("10.9.0.2"), link);
        client.ReplaceRoute(IPNetwork.Parse("10.10.0.0/16"), IPAddress.Parse("10.9.0.3"), link);
        client.ReplaceRoute(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("10.9.0.2"), 0);

        Assert.Contains(new AddressInfo(link, IPAddress.Parse("10.9.0.1"), 24), client.Addresses());
        Assert.Contains(new AddressInfo(link, IPAddress.Parse("fd09::1"), 64), client.Addresses());
        var routes = client.Routes();
        Assert.Contains(new RouteInfo(IPNetwork.Parse("10.9.0.0/24"), null, link), routes);
        Assert.Contains(new RouteInfo(IPNetwork.Parse("10.10.0.0/16"), IPAddress.Parse("10.9.0.3"), link), routes);
        Assert.Contains(new RouteInfo(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("10.9.0.2"), link), routes);
        Assert.Single(routes, route => route.Destination.Equals(IPNetwork.Parse("10.10.0.0/16")));

        client.DeleteRoute(routes.Single(route => route.Destination.PrefixLength == 16));
        client.DeleteRoute(routes.Single(route => route.Destination.PrefixLength == 16));
        client.DeleteAddress(new AddressInfo(link, IPAddress.Parse("10.9.0.1"), 24));
        client.DeleteAddress(new AddressInfo(link, IPAddress.Parse("10.9.0.1"), 24));
        Assert.DoesNotContain(client.Addresses(), address => address.Address.Equals(IPAddress.Parse("10.9.0.1")));
    });

    [Fact]
    public void What_was_learned_of_a_neighbour_is_listed_and_forgotten() => InNew(client =>
    {
        client.AddBridge("br0", 1500, Mac);
        int link = client.FindLink("br0")!.Index;
        client.SetUp(link);
        client.AddAddress(link, IPAddress.Parse("10.9.0.1"), 24);
        client.AddAddress(link, IPAddress.Parse("fd09::1"), 64);
        NeighborInfo[] sought = [new(link, IPAddress.Parse("10.9.0.7")), new(link, IPAddress.Parse("fd09::7"))];
        foreach (var neighbor in sought)
        {
            // Nobody answers, and that is what is learned: an entry that is being sought.
            using var socket = new System.Net.Sockets.UdpClient(neighbor.Address.AddressFamily);
            socket.Send([1], 1, new IPEndPoint(neighbor.Address, 9));
        }

        Assert.Superset(sought.ToHashSet(), client.Neighbors().ToHashSet());
        Assert.All(sought, client.DeleteNeighbor);
        client.DeleteNeighbor(new(link, IPAddress.Parse("10.9.0.8")));
    });

    [Fact]
    public void An_error_names_what_it_is_about() => InNew(client =>
    {
        client.AddBridge("br0", 1500, Mac);
        var twice = Assert.Throws<LinuxException>(() => client.AddBridge("br0", 1500, Mac));
        var astray = Assert.Throws<LinuxException>(() => client.ReplaceRoute(IPNetwork.Parse("10.10.0.0/16"), IPAddress.Parse("10.9.0.2"), 0));

        Assert.Equal(Errno.EEXIST, twice.Error);
        Assert.Contains("bridge br0", twice.Message, StringComparison.Ordinal);
        Assert.Contains("route to 10.10.0.0/16 by 10.9.0.2", astray.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_list_longer_than_one_datagram_is_read_whole() => InNew(client =>
    {
        client.AddBridge("br0", 1500, Mac);
        int link = client.FindLink("br0")!.Index;
        for (int number = 0; number < 2000; number++)
        {
            client.AddAddress(link, new IPAddress([10, 9, (byte)(number >> 8), (byte)number]), 32);
        }

        Assert.Equal(2000, client.Addresses().Count(address => address.PrefixLength == 32));
    });

    [Fact]
    public void A_subnet_that_clashes_with_the_node_is_said_with_what() => InNew(client =>
    {
        client.AddBridge("br0", 1500, Mac);
        int link = client.FindLink("br0")!.Index;
        client.SetUp(link);
        client.AddAddress(link, IPAddress.Parse("10.9.0.1"), 24);
        client.ReplaceRoute(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("10.9.0.2"), 0);
        var node = NodeNetworks.Read();

        Assert.Equal("the route to 10.9.0.0/24 through br0", node.ConflictWith(IPNetwork.Parse("10.0.0.0/8")));
        Assert.Equal("the route to 10.9.0.0/24 through br0", node.ConflictWith(IPNetwork.Parse("10.9.0.128/25")));
        Assert.Null(node.ConflictWith(IPNetwork.Parse("10.8.0.0/16")));
    });

    private static void InNew(Action<RouteClient> test) => NamespaceThread.RunInNew(NamespaceKind.Network, () =>
    {
        using var client = new RouteClient();
        test(client);
        return 0;
    });
}
