using System.Net;
using Figment.Model.Launch;
using static Figment.Keeper.Tests.Fabric.TestNode;

namespace Figment.Keeper.Tests.Fabric;

public sealed class ReachTests : IDisposable
{
    private readonly TestNode _node = new();

    [Fact]
    public void A_machine_reaches_another_by_its_address()
    {
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        using var listener = In(fabric, "db-1", () => Wire.Listen(IPAddress.Any, 5432));
        using var client = In(fabric, "web-1", () => Wire.Connect(IPAddress.Parse("10.77.1.3"), 5432));
        using var server = Wire.Accept(listener);

        Assert.Equal(IPAddress.Parse("10.77.1.2"), Wire.RemoteAddress(server));
        Wire.AssertCarries(client, server);
        Assert.Equal("web-1", fabric.MachineAt(IPAddress.Parse("10.77.1.2")));
        Assert.Null(fabric.MachineAt(IPAddress.Parse("10.77.1.9")));
    }

    [Fact]
    public void A_machine_has_loopback_of_both_families()
    {
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        using var listener = In(fabric, "db-1", () => Wire.Listen(IPAddress.IPv6Any, 5432));
        using var ipv6 = In(fabric, "db-1", () => Wire.Connect(IPAddress.IPv6Loopback, 5432));
        using var atIpv6 = Wire.Accept(listener);

        Wire.AssertCarries(ipv6, atIpv6);
    }

    [Theory]
    [InlineData("core/somaxconn", "65535")]
    [InlineData("ipv4/tcp_max_syn_backlog", "65535")]
    [InlineData("ipv4/ip_unprivileged_port_start", "0")]
    [InlineData("ipv4/tcp_fwmark_accept", "1")]
    [InlineData("ipv4/ping_group_range", "0\t2147483647")]
    [InlineData("ipv6/conf/eth0/disable_ipv6", "1")]
    [InlineData("ipv4/tcp_ehash_entries", "8192")]
    public void A_machine_has_its_settings(string name, string value)
    {
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());

        Assert.Equal(value, In(fabric, "web-1", () => File.ReadAllText("/proc/thread-self/root/proc/sys/net/" + name)).Trim());
    }

    [Fact]
    public void Machines_of_a_network_with_IPv6_reach_each_other_by_it()
    {
        var fabric = _node.Fabric("shop");
        var network = Network("default", 0, 1) with { Ipv6Subnet = "fd77:1::/64", Ipv6Gateway = "fd77:1::1" };
        fabric.Apply(_node.Launch(
            "shop",
            NewTag(),
            [network],
            Machine("web-1", Interface("default", 1, 2) with { Ipv6Address = "fd77:1::2" }),
            Machine("db-1", Interface("default", 1, 3) with { Ipv6Address = "fd77:1::3" })));
        using var listener = In(fabric, "db-1", () => Wire.Listen(IPAddress.IPv6Any, 5432));
        using var client = In(fabric, "web-1", () => Wire.Connect(IPAddress.Parse("fd77:1::3"), 5432));
        using var server = Wire.Accept(listener);

        Assert.Equal(IPAddress.Parse("fd77:1::2"), Wire.RemoteAddress(server));
        Wire.AssertCarries(client, server);
    }

    [Fact]
    public void A_machine_reaches_the_outside_under_the_address_of_the_node()
    {
        // A new namespace begins with what the machine has; a node that forwards already is told nothing.
        _node.InNode(() =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "0");
            return 0;
        });
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        using var listener = _node.InOutside(() => Wire.Listen(IPAddress.Any, 443));
        using var client = In(fabric, "web-1", () => Wire.Connect(OutsideAddress, 443));
        using var server = Wire.Accept(listener);

        Assert.Equal(NodeAddress, Wire.RemoteAddress(server));
        Wire.AssertCarries(client, server);
        Assert.Contains(_node.Log.Lines, line => line.Contains("ip_forward", StringComparison.Ordinal));
    }

    [Fact]
    public void An_internal_network_has_no_way_out_and_nothing_published()
    {
        var fabric = _node.Fabric("shop");
        var hidden = Machine("db-1", Interface("back", 2, 3)) with { Published = [new PublishedPort { HostPort = 5432, Port = 5432 }] };
        fabric.Apply(_node.Launch("shop", NewTag(), [Network("back", 0, 2, isInternal: true)], hidden));
        using var listener = _node.InOutside(() => Wire.Listen(IPAddress.Any, 443));

        Assert.True(In(fabric, "db-1", () => Wire.IsSilent(OutsideAddress, 443)));
        Assert.Contains(_node.Log.Lines, line => line.Contains("5432", StringComparison.Ordinal) && line.Contains("db-1", StringComparison.Ordinal) && line.Contains("internal", StringComparison.Ordinal));
    }

    [Fact]
    public void A_machine_in_an_internal_and_an_open_network_goes_out_by_the_open_one()
    {
        var fabric = _node.Fabric("shop");
        fabric.Apply(_node.Launch(
            "shop",
            NewTag(),
            [Network("back", 0, 2, isInternal: true), Network("front", 1, 3)],
            Machine("web-1", Interface("back", 2, 2), Interface("front", 3, 2))));
        using var listener = _node.InOutside(() => Wire.Listen(IPAddress.Any, 443));
        using var client = In(fabric, "web-1", () => Wire.Connect(OutsideAddress, 443));
        using var server = Wire.Accept(listener);

        Wire.AssertCarries(client, server);
    }

    [Fact]
    public void Two_applications_of_equal_names_cannot_reach_each_other_nor_the_node()
    {
        var one = _node.Fabric("shop");
        var other = _node.Fabric("shop-too");
        one.Apply(Shop());
        var published = Machine("web-1", Interface("default", 4, 2)) with { Published = [new PublishedPort { HostPort = 8080, Port = 80 }] };
        other.Apply(_node.Launch("shop-too", NewTag(), [Network("default", 0, 4)], published));
        using var web = In(other, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        using var ofNode = _node.InNode(() => Wire.Listen(IPAddress.Any, 22));
        using var outside = _node.InOutside(() => Wire.Listen(IPAddress.Any, 443));

        // The way out is there, so what follows is refused and not just unplugged.
        using var way = In(one, "web-1", () => Wire.Connect(OutsideAddress, 443));
        using var fromOutside = _node.InOutside(() => Wire.Connect(NodeAddress, 8080));
        Assert.True(In(one, "web-1", () => Wire.IsSilent(IPAddress.Parse("10.77.4.2"), 80)), "the other application's machine");
        Assert.True(In(one, "web-1", () => Wire.IsSilent(NodeAddress, 22)), "the node's listener at its own address");
        Assert.True(In(one, "web-1", () => Wire.IsSilent(IPAddress.Parse("10.78.1.1"), 22)), "the node's listener at the uplink");
        Assert.True(In(one, "web-1", () => Wire.IsSilent(NodeAddress, 8080)), "the other application's published port");
        Assert.True(_node.InOutside(() =>
        {
            using var client = new Linux.Netlink.RouteClient();
            client.ReplaceRoute(IPNetwork.Parse("10.77.0.0/16"), NodeAddress, 0);
            return Wire.IsSilent(IPAddress.Parse("10.77.4.2"), 80);
        }), "a machine's unpublished address from outside");
    }

    [Fact]
    public void The_node_reaches_a_machine_by_its_address()
    {
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        using var listener = In(fabric, "db-1", () => Wire.Listen(IPAddress.Any, 5432));
        using var client = _node.InNode(() => Wire.Connect(IPAddress.Parse("10.77.1.3"), 5432));
        using var server = Wire.Accept(listener);

        Assert.Equal(IPAddress.Parse("10.78.1.1"), Wire.RemoteAddress(server));
        Wire.AssertCarries(client, server);
    }

    [Fact]
    public void A_machine_cannot_send_under_an_address_that_is_not_of_its_network()
    {
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        using var outside = _node.InOutside(() => Wire.Bind(IPAddress.Any, 7));
        using var forger = In(fabric, "web-1", () =>
        {
            using var client = new Linux.Netlink.RouteClient();
            client.AddAddress(client.FindLink("eth0")!.Index, IPAddress.Parse("10.99.0.1"), 32);
            return Wire.Bind(IPAddress.Parse("10.99.0.1"), 0);
        });
        using var honest = In(fabric, "web-1", () => Wire.Bind(IPAddress.Parse("10.77.1.2"), 0));
        forger.SendTo("forged"u8, new IPEndPoint(OutsideAddress, 7));
        honest.SendTo("honest"u8, new IPEndPoint(OutsideAddress, 7));

        Assert.Equal("honest", Wire.Receive(outside));
    }

    [Fact]
    public void Two_networks_of_one_application_are_apart()
    {
        var fabric = _node.Fabric("shop");
        fabric.Apply(_node.Launch(
            "shop",
            NewTag(),
            [Network("front", 0, 1), Network("back", 1, 2)],
            Machine("web-1", Interface("front", 1, 2)),
            Machine("db-1", Interface("back", 2, 2))));
        using var listener = In(fabric, "db-1", () => Wire.Listen(IPAddress.Any, 5432));

        Assert.True(In(fabric, "web-1", () => Wire.IsSilent(IPAddress.Parse("10.77.2.2"), 5432)));
    }

    public void Dispose() => _node.Dispose();

    private ApplicationLaunch Shop() => _node.Launch(
        "shop",
        NewTag(),
        [Network("default", 0, 1)],
        Machine("db-1", Interface("default", 1, 3)),
        Machine("web-1", Interface("default", 1, 2)));
}
