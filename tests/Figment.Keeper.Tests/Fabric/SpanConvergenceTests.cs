using System.Net;
using Figment.Keeper.Fabric;
using Figment.Linux.NetworkNamespaces;
using Figment.Model.Launch;
using static Figment.Keeper.Tests.Fabric.TestNode;
using static Figment.Keeper.Tests.Fabric.TestSpan;

namespace Figment.Keeper.Tests.Fabric;

/// <summary>As <see cref="ConvergenceTests"/>, for what ties nodes together.</summary>
public sealed class SpanConvergenceTests : IDisposable
{
    private static readonly IPAddress Database = IPAddress.Parse("10.77.1.3");

    private readonly TestSpan _span = new();

    [Fact]
    public void Applying_again_changes_nothing()
    {
        _span.Apply(Shop());
        var before = new[] { _span.Everything(0), _span.Everything(1) };
        _span.Apply(Shop());

        Assert.Equal(before[0], _span.Everything(0));
        Assert.Equal(before[1], _span.Everything(1));
        Assert.Contains(before[0], line => line.Contains("vx0", StringComparison.Ordinal));
    }

    [Fact]
    public void New_keepers_adopt_what_they_find_and_connections_go_on()
    {
        _span.Apply(Shop());
        using var listener = _span.In(1, "db-1", () => Wire.Listen(IPAddress.Any, 5432));
        using var client = _span.In(0, "web-1", () => Wire.Connect(Database, 5432));
        using var server = Wire.Accept(listener);
        var before = new[] { _span.Everything(0), _span.Everything(1) };
        _span.Replace(0);
        _span.Replace(1);
        Wire.AssertCarries(client, server);
        _span.Apply(Shop());

        Assert.Equal(before[0], _span.Everything(0));
        Assert.Equal(before[1], _span.Everything(1));
        Wire.AssertCarries(client, server);
        AssertWhole();
    }

    [Theory]
    [InlineData("interface", true)]
    [InlineData("interface", false)]
    [InlineData("interface down", true)]
    [InlineData("interface out of its bridge", true)]
    [InlineData("interface of another number", true)]
    [InlineData("interface that learns and floods", true)]
    [InlineData("machine's way", true)]
    [InlineData("machine's place at the bridge", true)]
    [InlineData("machine's neighbour", true)]
    [InlineData("machine's wrong neighbour", true)]
    [InlineData("machine's wrong way", true)]
    [InlineData("foreign entries", true)]
    [InlineData("bridge", false)]
    [InlineData("router's pin", true)]
    [InlineData("router's pin", false)]
    [InlineData("all pins", true)]
    [InlineData("all pins", false)]
    public void What_is_missing_or_wrong_is_made_right(string what, bool isNewKeeper)
    {
        _span.Apply(Shop());
        var before = _span.Everything(0);
        if (isNewKeeper)
        {
            _span.Replace(0);
        }

        Break(what);
        _span.Fabrics[0].Apply(_span.For(Shop(), 0));
        AssertWhole();
        var after = _span.Everything(0);
        Assert.Equal(before.Count, after.Count);
        _span.Fabrics[0].Apply(_span.For(Shop(), 0));
        Assert.Equal(after, _span.Everything(0));
    }

    [Fact]
    public void A_launch_with_other_places_moves_machines_without_a_move()
    {
        _span.Apply(Shop());
        _span.Apply(Shop(database: 0));
        AssertWhole(database: 0);
        Assert.Equal((MachinePlace.Here, MachinePlace.Held), (_span.Fabrics[0].PlaceOf("db-1"), _span.Fabrics[1].PlaceOf("db-1")));
        _span.Fabrics[1].Release("db-1");
        _span.Apply(Shop());
        AssertWhole();
        Assert.Equal((MachinePlace.Held, MachinePlace.Here), (_span.Fabrics[0].PlaceOf("db-1"), _span.Fabrics[1].PlaceOf("db-1")));
        _span.Apply(Shop(database: 0));
        AssertWhole(database: 0);
    }

    [Fact]
    public void A_machine_that_is_named_no_more_leaves_no_entry()
    {
        var launch = Shop();
        _span.Apply(launch);
        _span.Apply(launch with { Machines = [.. launch.Machines.Where(machine => machine.Name != "db-1")] });
        foreach (int node in (ReadOnlySpan<int>)[0, 1])
        {
            Assert.DoesNotContain(_span.Everything(node), line => line.Contains("10.77.1.3", StringComparison.Ordinal) || line.Contains("02:66:0a:4d:01:03", StringComparison.Ordinal));
        }

        _span.Apply(launch);
        AssertWhole();
    }

    [Fact]
    public void Removing_leaves_nothing_and_numbers_are_free_at_once()
    {
        var before = _span.Nodes.Select(node => node.State()).ToArray();
        _span.Apply(Shop());
        _span.Fabrics[0].Remove();
        _span.Fabrics[1].Remove();
        Assert.Equal(before[0], _span.Nodes[0].State());
        Assert.Equal(before[1], _span.Nodes[1].State());
        var other = _span.Nodes[0].Fabric("other");
        other.Apply(_span.For(Shop() with { Application = "other", Tag = "abc124" }, 0));
        other.Remove();
        _span.Apply(Shop());
        AssertWhole();
    }

    [Fact]
    public void A_number_that_another_application_has_is_refused_by_name()
    {
        _span.Apply(Shop());
        var other = _span.Nodes[1].Fabric("other");
        var refused = Assert.Throws<FabricException>(() => other.Apply(_span.For(Shop() with { Application = "other", Tag = "abc124" }, 1)));

        Assert.Contains("network default: its number between nodes, 1000, is another network's", refused.Message, StringComparison.Ordinal);
        AssertWhole();
    }

    [Fact]
    public void Networks_may_exchange_their_numbers()
    {
        var launch = Launch(
            [SpanNetwork("front", 0, 1), SpanNetwork("back", 1, 2)],
            Machine("web-1", 0, Interface("front", 1, 2), Interface("back", 2, 2)),
            Machine("db-1", 1, Interface("front", 1, 3), Interface("back", 2, 3)));
        _span.Apply(launch);
        _span.Apply(launch with { Networks = [launch.Networks[0] with { Vni = launch.Networks[1].Vni }, launch.Networks[1] with { Vni = launch.Networks[0].Vni }] });
        AssertReached(1, Database);
        AssertReached(1, IPAddress.Parse("10.77.2.3"));
    }

    [Fact]
    public void The_home_may_move_and_the_span_may_end()
    {
        _span.Apply(Shop());
        _span.Fabrics[0].Apply(_span.For(Shop(), 0, home: 1));
        _span.Fabrics[1].Apply(_span.For(Shop(), 1, home: 1));
        AssertReached(1, Database);
        using var outside = _span.Nodes[1].InOutside(() => Wire.Listen(IPAddress.Any, 443));
        using var client = _span.In(0, "web-1", () => Wire.Connect(OutsideAddress, 443));
        using var server = Wire.Accept(outside);
        Wire.AssertCarries(client, server);
        Assert.DoesNotContain(_span.Nodes[0].State(), line => line.Contains("abc123", StringComparison.Ordinal) && !line.Contains("netns", StringComparison.Ordinal));

        var alone = Shop();
        _span.Fabrics[1].Remove();
        _span.Fabrics[0].Apply(alone with
        {
            Networks = [alone.Networks[0] with { Vni = 0 }],
            Machines = [.. alone.Machines.Select(machine => machine with { Node = null })],
        });
        Assert.DoesNotContain("vx0", _span.Router(0, 0, "ip", "link"), StringComparison.Ordinal);
        AssertReached(0, Database);
    }

    public void Dispose() => _span.Dispose();

    private void AssertWhole(int database = 1)
    {
        AssertReached(database, Database);
        AssertReached(database, IPAddress.Parse("fd77:1::3"));
        using var asked = _span.In(1, "job-1", () => Wire.Connect(IPAddress.Parse("10.77.1.1"), 53));
        int sent = _span.Sent(0);
        Assert.True(_span.In(0, "web-1", () => Wire.IsSilent(IPAddress.Parse("10.77.1.99"), 80)));
        Assert.InRange(_span.Sent(0), sent, sent + 5);
    }

    private void AssertReached(int node, IPAddress address)
    {
        using var listener = _span.In(node, "db-1", () => Wire.Listen(address, 5434));
        using var client = _span.In(0, "web-1", () => Wire.Connect(address, 5434));
        using var server = Wire.Accept(listener);
        Wire.AssertCarries(client, server);
    }

    private void Break(string what)
    {
        const string Mac = "02:66:0a:4d:01:03";
        switch (what)
        {
            case "interface":
                Ip("link", "delete", "vx0");
                break;
            case "interface down":
                Ip("link", "set", "vx0", "down");
                break;
            case "interface out of its bridge":
                Ip("link", "set", "vx0", "nomaster");
                break;
            case "interface of another number":
                Ip("link", "delete", "vx0");
                Ip("link", "add", "vx0", "type", "vxlan", "id", "999", "dstport", "4789", "local", "192.0.2.1", "proxy", "nolearning");
                break;
            case "interface that learns and floods":
                Bridge("link", "set", "dev", "vx0", "learning", "on", "flood", "on");
                break;
            case "machine's way":
                Bridge("fdb", "delete", Mac, "dev", "vx0", "self");
                break;
            case "machine's place at the bridge":
                Bridge("fdb", "delete", Mac, "dev", "vx0", "master");
                break;
            case "machine's neighbour":
                Ip("neighbour", "delete", "10.77.1.3", "dev", "vx0");
                break;
            case "machine's wrong neighbour":
                Ip("neighbour", "replace", "10.77.1.3", "lladdr", "02:00:00:00:00:09", "dev", "vx0", "nud", "permanent");
                break;
            case "machine's wrong way":
                Bridge("fdb", "replace", Mac, "dev", "vx0", "dst", "192.0.2.77", "self", "permanent");
                break;
            case "foreign entries":
                Bridge("fdb", "add", "02:66:0a:4d:01:63", "dev", "vx0", "dst", "192.0.2.2", "self", "permanent");
                Bridge("fdb", "add", "02:66:0a:4d:01:63", "dev", "vx0", "master", "static", "sticky");
                Ip("neighbour", "add", "10.77.1.99", "lladdr", "02:66:0a:4d:01:63", "dev", "vx0", "nud", "permanent");
                break;
            case "bridge":
                Ip("link", "delete", "br0");
                break;
            case "router's pin":
                new NamespaceFolder(_span.Pins(0)).Remove("router.0");
                break;
            case "all pins":
                new NamespaceFolder(_span.Pins(0)).RemoveAll();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, "unknown break");
        }
    }

    private void Ip(params string[] arguments) => _span.Router(0, 0, "ip", arguments);

    private void Bridge(params string[] arguments) => _span.Router(0, 0, "bridge", arguments);

    private static ApplicationLaunch Shop(int database = 1) => Launch(
        [SpanNetwork("default", 0, 1) with { Ipv6Subnet = "fd77:1::/64", Ipv6Gateway = "fd77:1::1" }],
        Member("db-1", database, 3),
        Member("job-1", 1, 5),
        Member("web-1", 0, 2));

    private static MachineLaunch Member(string name, int node, int host) => Machine(name, node, Interface("default", 1, host) with { Ipv6Address = $"fd77:1::{host}" });
}
