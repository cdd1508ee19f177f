using Figment.Keeper.Fabric;
using Figment.Model.Launch;
using Figment.Model.Specs;
using static Figment.Keeper.Tests.Fabric.TestNode;

namespace Figment.Keeper.Tests.Fabric;

public sealed class FabricPlanTests
{
    private static readonly NetworkLaunch Default = Network("default", 0, 1);
    private static readonly NetworkLaunch Spanning = Default with { Vni = 7 };

    [Theory]
    [InlineData("10.77.1.0")]
    [InlineData("fd77::/64")]
    [InlineData("10.77.1.0/33")]
    public void A_subnet_that_is_none_is_refused(string subnet) => AssertRefused("network default", Default with { Subnet = subnet });

    [Fact]
    public void Addresses_that_contradict_are_refused()
    {
        AssertRefused("gateway 10.9.9.9 is outside", Default with { Gateway = "10.9.9.9" });
        AssertRefused("is no /30", Default with { Uplink = "10.78.1.0/24" });
        AssertRefused("outside 10.77.1.0/24", Default, Machine("web-1", Interface("default", 2, 2)));
        AssertRefused("is the gateway's", Default, Machine("web-1", Interface("default", 1, 1)));
        AssertRefused("no network nowhere", Default, Machine("web-1", Interface("nowhere", 1, 2)));
        AssertRefused("two machines of shop have the address 10.77.1.2", Default, Machine("web-1", Interface("default", 1, 2)), Machine("web-2", Interface("default", 1, 2)));
        AssertRefused("no MAC address", Default, Machine("web-1", Interface("default", 1, 2) with { MacAddress = "02:66" }));
        AssertRefused("no name of a machine", Default, Machine("web-1") with { Name = "../web-1" });
        AssertRefused("are no ports", Default, Machine("web-1", Interface("default", 1, 2)) with { Published = [new PublishedPort { HostPort = 0, Port = 80 }] });
    }

    [Fact]
    public void Spans_that_contradict_are_refused()
    {
        var span = new SpanLaunch { Node = "a", Address = "192.0.2.1", Home = "a", Peers = [new PeerLaunch { Node = "b", Address = "192.0.2.2" }] };
        Refused("does not say which node", span with { Node = "" });
        Refused("node a: address '2001:db8::1' is of the wrong family", span with { Address = "2001:db8::1" });
        Refused("node a: address 'here' is no IP address", span with { Address = "here" });
        Refused("port 70000 is no UDP port", span with { Port = 70000 });
        Refused("home 'c' of the span is neither this node, a, nor one of its peers", span with { Home = "c" });
        Refused("home '' of the span", span with { Home = "" });
        Refused("node a is named as its own peer", span with { Peers = [new PeerLaunch { Node = "a", Address = "192.0.2.2" }] });
        Refused("node b: address '::2' is of the wrong family", span with { Peers = [new PeerLaunch { Node = "b", Address = "::2" }] });
        Refused("node b: address 192.0.2.1 is another node's too", span with { Peers = [new PeerLaunch { Node = "b", Address = "192.0.2.1" }] });
        Refused("node b is named twice", span with { Peers = [.. span.Peers, new PeerLaunch { Node = "b", Address = "192.0.2.3" }] });
        Refused("the peer at 192.0.2.9 has no name", span with { Peers = [new PeerLaunch { Node = "", Address = "192.0.2.9" }] });
        Refused("machine web-1 cannot be at node 'c'", span, Spanning, Machine("web-1", Interface("default", 1, 2)) with { Node = "c" });
        Refused("number between nodes (vni) 0 is not between 1 and 16777215", span, Default);
        Refused("number between nodes (vni) 16777216 is not between", span, Default with { Vni = 1 << 24 });
        Refused("two networks of shop have the number 7 between nodes", span, Spanning, Network("back", 1, 2) with { Vni = 7 });
        Refused("machine web-1 is at node 'b', but the application has no span", null, Default, Machine("web-1", Interface("default", 1, 2)) with { Node = "b" });
        Refused("it has the number 7 between nodes (vni), but the application has no span", null, Spanning);
    }

    [Fact]
    public void What_only_the_home_has_is_planned_there_alone()
    {
        var span = new SpanLaunch { Node = "a", Address = "192.0.2.1", Home = "a", Peers = [new PeerLaunch { Node = "b", Address = "192.0.2.2" }] };
        var launch = Launch("/nonexistent", "shop", "abc123", [Spanning], Machine("web-1", Interface("default", 1, 2)) with { Node = "a", Published = [new PublishedPort { HostPort = 80, Port = 80 }] });
        var home = FabricPlan.Of(launch with { Span = span });
        var other = FabricPlan.Of(launch with { Span = span with { Home = "b" } });

        Assert.Equal((true, true, 1, 4789), (home.IsHome, home.Networks[0].HasUplink, home.Published.Count, home.Span!.Port));
        Assert.Equal((false, false, 0), (other.IsHome, other.Networks[0].HasUplink, other.Published.Count));
        Assert.Null(home.Machines[0].Node);
        Assert.Equal("b", FabricPlan.Of(launch with { Span = span, Machines = [launch.Machines[0] with { Node = "b" }] }).Machines[0].Node);
        Assert.NotEqual(FabricNames.BridgeMacAddress(home.Networks[0]), FabricNames.BridgeMacAddress(other.Networks[0]));
    }

    [Fact]
    public void Published_ports_of_an_elastic_service_lead_to_the_machines_it_is_led_to()
    {
        var plan = FabricPlan.Of(Launch(
            "/nonexistent",
            "shop",
            "abc123",
            [Default],
            Machine("web-1", Interface("default", 1, 2)) with { Published = [new PublishedPort { HostPort = 80, Port = 80 }] },
            Machine("web-2", Interface("default", 1, 3)) with { Published = [new PublishedPort { HostPort = 80, Port = 80 }] }));

        Assert.Equal(["10.77.1.3:80"], Targets("web-2"));
        Assert.Equal(["10.77.1.2:80", "10.77.1.3:80"], Targets("web-1", "web-2"));
        Assert.Equal(["10.77.1.2:80", "10.77.1.3:80"], Targets());

        IEnumerable<string> Targets(params string[] machines) =>
            Assert.Single(plan.Lead(new Dictionary<string, IReadOnlyList<string>> { ["web"] = machines }).Published).Targets.Select(target => target.ToString());
    }

    [Fact]
    public void An_address_of_a_service_lies_in_its_network() =>
        Assert.Contains("outside", Assert.Throws<FabricException>(() => FabricPlan.Of(Launch("/nonexistent", "shop", "abc123", [Default]) with { Services = [new ServiceLaunch { Name = "web", Addresses = [new("default", "10.9.9.9")] }] })).Message, StringComparison.Ordinal);

    [Fact]
    public void A_tag_that_could_change_the_rules_is_refused() =>
        Assert.Throws<FabricException>(() => FabricPlan.Of(Launch("/nonexistent", "shop", "a*b c;", [Default])));

    [Fact]
    public void Names_of_interfaces_fit_into_fifteen_characters()
    {
        Assert.InRange(FabricNames.Uplink("abc123", 9999).Length, 1, 15);
        Assert.InRange(FabricNames.Port(System.Net.IPAddress.Parse("255.255.255.255")).Length, 1, 15);
    }

    [Fact]
    public void All_addresses_are_one_however_they_are_written()
    {
        var plan = FabricPlan.Of(Launch(
            "/nonexistent",
            "shop",
            "abc123",
            [Default],
            Machine("web-1", Interface("default", 1, 2)) with { Published = [new PublishedPort { HostPort = 80, Port = 80 }] },
            Machine("web-2", Interface("default", 1, 3)) with { Published = [new PublishedPort { HostIp = "0.0.0.0", HostPort = 80, Port = 8080 }] }));

        Assert.Equal(["10.77.1.2:80", "10.77.1.3:8080"], Assert.Single(plan.Published).Targets.Select(target => target.ToString()));
    }

    [Fact]
    public void The_rules_translate_what_is_not_loopback_s_and_spread_it()
    {
        var published = new[]
        {
            new PublishedPort { HostPort = 80, Port = 8080 },
            new PublishedPort { HostIp = "127.0.0.1", HostPort = 81, Port = 8080 },
            new PublishedPort { HostIp = "::1", HostPort = 82, Port = 8080 },
            new PublishedPort { HostIp = "192.0.2.1", HostPort = 83, Port = 53, Protocol = TransportProtocol.Udp },
        };
        string rules = Firewall.Rules(FabricPlan.Of(Launch(
            "/nonexistent",
            "shop",
            "abc123",
            [Default],
            Machine("web-1", Interface("default", 1, 2)) with { Published = published },
            Machine("web-2", Interface("default", 1, 3)) with { Published = [published[0]] })));

        Assert.Contains("fib daddr type local ip daddr != 127.0.0.0/8 tcp dport 80 dnat ip addr . port to numgen inc mod 2 map { 0 : 10.77.1.2 . 8080, 1 : 10.77.1.3 . 8080 }", rules, StringComparison.Ordinal);
        Assert.Contains("ip daddr 192.0.2.1 udp dport 83 dnat ip to 10.77.1.2:53", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("dport 81", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("dport 82", rules, StringComparison.Ordinal);
    }

    private static void AssertRefused(string why, NetworkLaunch network, params MachineLaunch[] machines) =>
        Assert.Contains(why, Assert.Throws<FabricException>(() => FabricPlan.Of(Launch("/nonexistent", "shop", "abc123", [network], machines))).Message, StringComparison.Ordinal);

    private static void Refused(string why, SpanLaunch span) => Refused(why, span, Spanning);

    private static void Refused(string why, SpanLaunch? span, NetworkLaunch network, params MachineLaunch[] machines) => Refused(why, span, [network], machines);

    private static void Refused(string why, SpanLaunch? span, NetworkLaunch network, NetworkLaunch other) => Refused(why, span, [network, other], []);

    private static void Refused(string why, SpanLaunch? span, IReadOnlyList<NetworkLaunch> networks, MachineLaunch[] machines) =>
        Assert.Contains(why, Assert.Throws<FabricException>(() => FabricPlan.Of(Launch("/nonexistent", "shop", "abc123", networks, machines) with { Span = span })).Message, StringComparison.Ordinal);
}
