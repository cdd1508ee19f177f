using System.Net;
using System.Net.Sockets;
using Figment.Keeper.Dns;
using Figment.Keeper.Tests.Dns;
using Figment.Model.Launch;
using static Figment.Keeper.Tests.Fabric.TestNode;
using static Figment.Keeper.Tests.Fabric.TestSpan;

namespace Figment.Keeper.Tests.Fabric;

/// <summary>What machines of one application on several nodes reach: the same as on one.</summary>
public sealed class SpanReachTests : IDisposable
{
    private static readonly IPAddress Web = IPAddress.Parse("10.77.1.2");
    private static readonly IPAddress Database = IPAddress.Parse("10.77.1.3");

    private readonly TestSpan _span = new(3);

    [Fact]
    public void Machines_on_two_nodes_reach_each_other_by_address()
    {
        _span.Apply(Shop());
        Carries(0, "web-1", 1, "db-1", Database, Web);
        Carries(1, "db-1", 0, "web-1", Web, Database);
    }

    [Fact]
    public void Machines_on_nodes_that_are_both_not_home_reach_each_other()
    {
        _span.Apply(Shop());
        Carries(1, "db-1", 2, "cache-1", IPAddress.Parse("10.77.1.4"), Database);
    }

    [Fact]
    public void Names_are_known_on_all_nodes()
    {
        _span.Apply(Shop());
        foreach (var (node, machine) in new[] { (0, "web-1"), (1, "db-1"), (2, "cache-1") })
        {
            byte[] udp = _span.In(node, machine, () => Packets.AskUdp("10.77.1.1", Packets.Query("db", DnsType.A)));
            byte[] tcp = _span.In(node, machine, () => Packets.AskTcp("10.77.1.1", Packets.Query("cache-1.shop", DnsType.A)))[0];
            Assert.Equal([Database], Packets.Addresses(udp));
            Assert.Equal([IPAddress.Parse("10.77.1.4")], Packets.Addresses(tcp));
        }

        Assert.Equal("db-1", _span.Fabrics[0].MachineAt(Database));
    }

    [Fact]
    public void A_machine_elsewhere_goes_out_through_the_home_node()
    {
        _span.Apply(Shop());
        using var listener = _span.Nodes[0].InOutside(() => Wire.Listen(IPAddress.Any, 443));
        using var astray = _span.Nodes[1].InOutside(() => Wire.Listen(IPAddress.Any, 443));
        using var client = _span.In(1, "db-1", () => Wire.Connect(OutsideAddress, 443));
        using var server = Wire.Accept(listener);

        Assert.Equal(NodeAddress, Wire.RemoteAddress(server));
        Wire.AssertCarries(client, server);
    }

    [Theory]
    [InlineData("198.51.100.1", true, "198.51.100.2")]
    [InlineData("198.51.100.1", false, "198.51.100.1")]
    [InlineData("127.0.0.1", false, "10.78.1.1")]
    [InlineData("::1", false, "10.78.1.1")]
    public void A_port_published_at_home_leads_to_a_machine_elsewhere(string address, bool outside, string seen)
    {
        _span.Apply(Shop());
        using var listener = _span.In(1, "db-1", () => Wire.Listen(IPAddress.Any, 5432));
        Socket Connect() => Wire.Connect(IPAddress.Parse(address), 5432);
        using var client = outside ? _span.Nodes[0].InOutside(Connect) : _span.Nodes[0].InNode(Connect);
        using var server = Wire.Accept(listener);

        Assert.Equal(IPAddress.Parse(seen), Wire.RemoteAddress(server));
        Wire.AssertCarries(client, server);
        var refused = Assert.Throws<AggregateException>(() => _span.Nodes[1].InOutside(() => Wire.Connect(NodeAddress, 5432)));
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(refused.InnerException).SocketErrorCode);
    }

    [Fact]
    public void The_home_node_reaches_a_machine_elsewhere_by_its_address()
    {
        _span.Apply(Shop());
        using var listener = _span.In(1, "db-1", () => Wire.Listen(IPAddress.Any, 5432));
        using var client = _span.Nodes[0].InNode(() => Wire.Connect(Database, 5432));
        using var server = Wire.Accept(listener);

        Wire.AssertCarries(client, server);
    }

    [Fact]
    public void An_internal_network_spans_nodes_and_has_no_way_out_on_any()
    {
        _span.Apply(Launch(
            [SpanNetwork("back", 0, 1, isInternal: true)],
            Machine("web-1", 0, Interface("back", 1, 2)),
            Machine("db-1", 1, Interface("back", 1, 3))));
        using var home = _span.Nodes[0].InOutside(() => Wire.Listen(IPAddress.Any, 443));
        using var other = _span.Nodes[1].InOutside(() => Wire.Listen(IPAddress.Any, 443));

        Carries(0, "web-1", 1, "db-1", Database, Web);
        Assert.Equal([Web], Packets.Addresses(_span.In(1, "db-1", () => Packets.AskUdp("10.77.1.1", Packets.Query("web", DnsType.A)))));
        Assert.True(_span.In(1, "db-1", () => Wire.IsSilent(OutsideAddress, 443)));
    }

    [Fact]
    public void Two_networks_stay_apart()
    {
        _span.Apply(Launch(
            [SpanNetwork("front", 0, 1), SpanNetwork("back", 1, 2)],
            Machine("web-1", 0, Interface("front", 1, 2), Interface("back", 2, 2)),
            Machine("db-1", 1, Interface("back", 2, 3)),
            Machine("cache-1", 1, Interface("front", 1, 3))));
        Carries(0, "web-1", 1, "db-1", IPAddress.Parse("10.77.2.3"), IPAddress.Parse("10.77.2.2"));
        Carries(0, "web-1", 1, "cache-1", IPAddress.Parse("10.77.1.3"), Web);
        using var listener = _span.In(1, "db-1", () => Wire.Listen(IPAddress.Any, 5433));
        Assert.True(_span.In(1, "cache-1", () => Wire.IsSilent(IPAddress.Parse("10.77.2.3"), 5433)));
    }

    [Fact]
    public void Machines_reach_each_other_by_IPv6_and_the_gateway_too()
    {
        _span.Apply(Launch(
            [SpanNetwork("default", 0, 1) with { Ipv6Subnet = "fd77:1::/64", Ipv6Gateway = "fd77:1::1" }],
            Machine("web-1", 0, Interface("default", 1, 2) with { Ipv6Address = "fd77:1::2" }),
            Machine("db-1", 1, Interface("default", 1, 3) with { Ipv6Address = "fd77:1::3" })));
        Carries(0, "web-1", 1, "db-1", IPAddress.Parse("fd77:1::3"), IPAddress.Parse("fd77:1::2"));
        Carries(1, "db-1", 0, "web-1", IPAddress.Parse("fd77:1::2"), IPAddress.Parse("fd77:1::3"));
        using var asked = _span.In(1, "db-1", () => Wire.Connect(IPAddress.Parse("fd77:1::1"), 53));
    }

    [Fact]
    public void A_node_that_is_not_home_has_bridges_and_nothing_else()
    {
        var before = _span.Nodes[1].State();
        _span.Nodes[1].InNode(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "0");
            return 0;
        });
        _span.Apply(Shop());

        Assert.Equal(before, _span.Nodes[1].State().Where(line => !line.Contains("/netns", StringComparison.Ordinal)));
        Assert.DoesNotContain("10.77.", _span.Router(1, 0, "ip", "address"), StringComparison.Ordinal);
        Assert.Equal("0", _span.Nodes[1].InNode(() => File.ReadAllText("/proc/thread-self/root/proc/sys/net/ipv4/ip_forward")).Trim());
        Assert.Equal(["db-1", "router.0"], Directory.GetFiles(_span.Pins(1)).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Questions_for_addresses_are_answered_here_and_never_flood()
    {
        _span.Apply(Shop());
        using var server = _span.In(1, "db-1", () => Wire.Bind(IPAddress.Any, 7));
        using var client = _span.In(0, "web-1", () => Wire.Bind(IPAddress.Any, 0));
        client.SendTo("there"u8, new IPEndPoint(Database, 7));
        Assert.Equal("there", Wire.Receive(server));
        Assert.Equal((1, 0, 0), (_span.Sent(0), _span.Sent(1), _span.Sent(2)));

        // Nobody has this address, and nobody this card; and what is for all stays on the node.
        Assert.True(_span.In(0, "web-1", () => Wire.IsSilent(IPAddress.Parse("10.77.1.99"), 80)));
        _span.Command(0, "web-1", "ip", "neighbour", "add", "10.77.1.98", "lladdr", "02:66:00:00:00:98", "dev", "eth0");
        client.SendTo("nobody"u8, new IPEndPoint(IPAddress.Parse("10.77.1.98"), 7));
        client.EnableBroadcast = true;
        client.SendTo("all"u8, new IPEndPoint(IPAddress.Parse("10.77.1.255"), 7));
        client.SendTo("last"u8, new IPEndPoint(Database, 7));
        Assert.Equal("last", Wire.Receive(server));
        Assert.Equal((2, 0, 0), (_span.Sent(0), _span.Sent(1), _span.Sent(2)));
    }

    public void Dispose() => _span.Dispose();

    private void Carries(int fromNode, string from, int toNode, string to, IPAddress address, IPAddress seen)
    {
        using var listener = _span.In(toNode, to, () => Wire.Listen(address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 5432));
        using var client = _span.In(fromNode, from, () => Wire.Connect(address, 5432));
        using var server = Wire.Accept(listener);
        Assert.Equal(seen, Wire.RemoteAddress(server));
        Wire.AssertCarries(client, server);
    }

    private static ApplicationLaunch Shop() => Launch(
        [SpanNetwork("default", 0, 1)],
        Machine("cache-1", 2, Interface("default", 1, 4)),
        Machine("db-1", 1, Interface("default", 1, 3)) with { Published = [new PublishedPort { HostPort = 5432, Port = 5432 }] },
        Machine("web-1", 0, Interface("default", 1, 2)));
}
