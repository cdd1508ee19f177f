using System.Diagnostics;
using System.Net;
using Figment.Keeper.Fabric;
using Figment.Linux.Namespaces;
using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;
using Figment.Model.Launch;
using static Figment.Keeper.Tests.Fabric.TestNode;

namespace Figment.Keeper.Tests.Fabric;

/// <summary>A keeper may be killed at any point, and people delete things: the next Apply makes it whole, and Remove leaves nothing.</summary>
public sealed class ConvergenceTests : IDisposable
{
    private readonly TestNode _node = new();

    private string Folder => Path.Combine(_node.Folder, "shop", "netns");

    [Fact]
    public void Applying_again_changes_nothing()
    {
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        var before = Everything(fabric);
        fabric.Apply(Shop());

        Assert.Equal(before, Everything(fabric));
    }

    [Fact]
    public void A_new_keeper_adopts_what_it_finds()
    {
        var first = _node.Fabric("shop");
        first.Apply(Shop());
        using var listener = In(first, "db-1", () => Wire.Listen(IPAddress.Any, 5432));
        using var client = In(first, "web-1", () => Wire.Connect(IPAddress.Parse("10.77.2.2"), 5432));
        using var server = Wire.Accept(listener);
        var before = Everything(first);
        _node.Abandon(first);
        var second = _node.Fabric("shop");
        second.Apply(Shop());

        Assert.Equal(before, Everything(second));
        Wire.AssertCarries(client, server);
        AssertWhole(second);
    }

    [Theory]
    [InlineData("uplink")]
    [InlineData("route")]
    [InlineData("table")]
    [InlineData("router's end of the uplink")]
    [InlineData("router's default route")]
    [InlineData("router's address")]
    [InlineData("bridge")]
    [InlineData("bridge port")]
    [InlineData("port out of its bridge")]
    [InlineData("router's pin")]
    [InlineData("machine's pin")]
    [InlineData("machine's pin but for the file")]
    [InlineData("machine's interface")]
    [InlineData("machine's interface down")]
    [InlineData("machine's address")]
    [InlineData("machine's default route")]
    [InlineData("all pins")]
    [InlineData("foreign file")]
    public void What_is_missing_is_made_again(string missing)
    {
        var first = _node.Fabric("shop");
        first.Apply(Shop());
        _node.Abandon(first);
        Break(missing);
        var second = _node.Fabric("shop");
        second.Apply(Shop());

        AssertWhole(second);
        second.Apply(Shop());
        Assert.Equal(3 + 2, Directory.GetFiles(Folder).Length);
    }

    [Theory]
    [InlineData("uplink")]
    [InlineData("router's pin")]
    [InlineData("machine's pin but for the file")]
    [InlineData("all pins")]
    public void A_running_keeper_mends_too(string missing)
    {
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        Break(missing);
        fabric.Apply(Shop());

        AssertWhole(fabric);
        using var asked = In(fabric, "web-1", () => Wire.Connect(IPAddress.Parse("10.77.1.1"), 53));
    }

    [Fact]
    public void A_machine_that_is_named_no_more_goes_and_the_others_stay()
    {
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        using var listener = In(fabric, "db-1", () => Wire.Listen(IPAddress.Any, 5432));
        using var client = In(fabric, "web-1", () => Wire.Connect(IPAddress.Parse("10.77.2.2"), 5432));
        using var server = Wire.Accept(listener);
        var launch = Shop();
        fabric.Apply(launch with { Machines = [.. launch.Machines.Where(machine => machine.Name != "web-2")] });

        Wire.AssertCarries(client, server);
        Assert.Throws<FabricException>(() => fabric.OpenMachine("web-2"));
        Assert.DoesNotContain("p0a4d0103", InRouter(0, client => client.Links().Select(link => link.Name)));
        fabric.Apply(Shop());
        AssertWhole(fabric);
    }

    [Fact]
    public void Who_still_asks_for_a_machine_that_left_hears_soon_that_there_is_none()
    {
        var left = IPAddress.Parse("10.77.2.4");
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        using var listener = In(fabric, "web-2", () => Wire.Listen(IPAddress.Any, 80));
        using (In(fabric, "db-1", () => Wire.Connect(left, 80)))
        using (Wire.Accept(listener))
        {
            Assert.Contains(InPin("db-1", client => client.Neighbors()), neighbor => neighbor.Address.Equals(left));
        }

        var launch = Shop();
        fabric.Apply(launch with { Machines = [.. launch.Machines.Where(machine => machine.Name != "web-2")] });

        // Wire gives up with a TimeoutException long before a neighbour that is remembered would be doubted.
        var refused = Assert.Throws<AggregateException>(() => In(fabric, "db-1", () => Wire.Connect(left, 80)));
        Assert.Equal(System.Net.Sockets.SocketError.HostUnreachable, Assert.IsType<System.Net.Sockets.SocketException>(refused.InnerException).SocketErrorCode);
    }

    [Fact]
    public void A_network_that_changes_its_subnet_is_made_anew()
    {
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        fabric.Apply(_node.Launch("shop", "abc123", [Network("front", 0, 5)], Machine("web-1", Interface("front", 5, 2)), Machine("db-1", Interface("front", 5, 3))));
        using var listener = In(fabric, "db-1", () => Wire.Listen(IPAddress.Any, 5432));
        using var client = In(fabric, "web-1", () => Wire.Connect(IPAddress.Parse("10.77.5.3"), 5432));
        using var server = Wire.Accept(listener);

        Wire.AssertCarries(client, server);
        Assert.DoesNotContain(_node.State(), line => line.Contains("10.77.1.0", StringComparison.Ordinal) || line.Contains("fgabc1231", StringComparison.Ordinal));
        Assert.Equal(["db-1", "router.0", "web-1"], Directory.GetFiles(Folder).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("ip", "address", "add", "10.78.2.1/30", "dev", "fgffffff0")]
    [InlineData("ip", "route", "add", "10.77.2.0/24", "dev", "fgffffff0")]
    public void What_another_node_of_the_host_holds_is_not_taken_from_it(params string[] take)
    {
        _node.Command("ip", "link", "add", "fgffffff0", "type", "bridge");
        _node.Command("ip", "link", "set", "fgffffff0", "up");
        _node.Command(take[0], take[1..]);
        var before = _node.State();
        var fabric = _node.Fabric("shop");
        var refused = Assert.Throws<FabricException>(() => fabric.Apply(Shop()));

        Assert.Contains("fgffffff0", refused.Message, StringComparison.Ordinal);
        fabric.Remove();
        Assert.Equal(before, _node.State());
    }

    [Fact]
    public void Removing_leaves_nothing_and_may_be_repeated()
    {
        var before = _node.State();
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        Assert.NotEqual(before, _node.State());
        fabric.Remove();
        Assert.Equal(before, _node.State());
        fabric.Remove();
        Assert.Equal(before, _node.State());
        fabric.Apply(Shop());
        AssertWhole(fabric);
    }

    [Theory]
    [InlineData("uplink")]
    [InlineData("table")]
    [InlineData("all pins")]
    [InlineData("machine's pin but for the file")]
    [InlineData("bridge")]
    public void Another_keeper_removes_what_is_half_there(string missing)
    {
        var before = _node.State();
        var first = _node.Fabric("shop");
        first.Apply(Shop());
        _node.Abandon(first);
        Break(missing);
        _node.Fabric("shop").Remove();

        Assert.Equal(before, _node.State());
        Assert.False(Directory.Exists(Folder));
    }

    [Theory]
    [InlineData("FORWARD")]
    [InlineData("DOCKER-USER")]
    public void Where_iptables_drops_what_is_forwarded_it_lets_ours_pass_and_is_left_as_it_was(string chain)
    {
        _node.Command("iptables", "-P", "FORWARD", "DROP");
        if (chain != "FORWARD")
        {
            _node.Command("iptables", "-N", chain);
            _node.Command("iptables", "-I", "FORWARD", "-j", chain);
        }

        var before = _node.State();
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        fabric.Apply(Shop());
        AssertWhole(fabric);
        Assert.Equal(2, _node.Command("iptables", "-S", chain).Split('\n').Count(line => line.Contains("figment_abc123", StringComparison.Ordinal)));
        fabric.Remove();

        Assert.Equal(before, _node.State());
    }

    [Theory]
    [InlineData("nft", "flush", "ruleset")]
    [InlineData("iptables", "-F", "FORWARD")]
    public async Task Rules_that_somebody_flushes_are_put_back(params string[] flush)
    {
        _node.Command("iptables", "-P", "FORWARD", "DROP");
        var fabric = _node.Fabric("shop");
        fabric.Apply(Shop());
        string Rules() => _node.Command("iptables", "-S") + _node.Command("nft", "list", "tables", "inet");
        string before = Rules();
        _node.Command(flush[0], flush[1..]);

        // The flush of all rules takes the policy with it, which is not ours to put back.
        if (flush[0] == "nft")
        {
            _node.Command("iptables", "-P", "FORWARD", "DROP");
        }

        var clock = Stopwatch.StartNew();
        while (before != Rules() && clock.Elapsed < TimeSpan.FromSeconds(20))
        {
            await Task.Delay(100);
        }

        Assert.Equal(before, Rules());
        Assert.Contains("figment_abc123", before, StringComparison.Ordinal);
        AssertWhole(fabric);
    }

    public void Dispose() => _node.Dispose();

    /// <summary>Machine to machine, in from outside, out to outside, and names.</summary>
    private void AssertWhole(ApplicationFabric fabric)
    {
        using var database = In(fabric, "db-1", () => Wire.Listen(IPAddress.Any, 5433));
        using var query = In(fabric, "web-2", () => Wire.Connect(IPAddress.Parse("10.77.2.2"), 5433));
        using var atDatabase = Wire.Accept(database);
        using var web = In(fabric, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        using var visitor = _node.InOutside(() => Wire.Connect(NodeAddress, 8080));
        using var atWeb = Wire.Accept(web);
        using var outside = _node.InOutside(() => Wire.Listen(IPAddress.Any, 443));
        using var out1 = In(fabric, "web-1", () => Wire.Connect(OutsideAddress, 443));
        using var atOutside = Wire.Accept(outside);
        Wire.AssertCarries(query, atDatabase);
        Wire.AssertCarries(visitor, atWeb);
        Wire.AssertCarries(out1, atOutside);
    }

    private void Break(string what)
    {
        switch (what)
        {
            case "uplink":
                _node.InNode(() => Delete("fgabc1230"));
                break;
            case "route":
                _node.Command("ip", "route", "del", "10.77.1.0/24");
                break;
            case "table":
                _node.Command("nft", "delete", "table", "inet", "figment_abc123");
                break;
            case "router's end of the uplink":
                InRouter(0, client => DeleteWith(client, "up0"));
                break;
            case "router's default route":
                InRouter(0, client => DeleteRoute(client, 0));
                break;
            case "router's address":
                InRouter(0, client => DeleteAddress(client, "10.77.1.1"));
                break;
            case "bridge":
                InRouter(0, client => DeleteWith(client, "br0"));
                break;
            case "bridge port":
                InRouter(0, client => DeleteWith(client, "p0a4d0102"));
                break;
            case "port out of its bridge":
                InRouter(0, client =>
                {
                    client.SetMaster(client.FindLink("p0a4d0102")!.Index, 0);
                    return 0;
                });
                break;
            case "foreign file":
                File.WriteAllText(Path.Combine(Folder, "old-1"), "");
                break;
            default:
                BreakMachine(what);
                break;
        }
    }

    private void BreakMachine(string what)
    {
        var pins = new NamespaceFolder(Folder);
        switch (what)
        {
            case "router's pin":
                pins.Remove("router.0");
                break;
            case "machine's pin":
                pins.Remove("web-1");
                break;
            case "machine's pin but for the file":
                pins.Remove("web-1");
                File.WriteAllText(Path.Combine(Folder, "web-1"), "");
                break;
            case "machine's interface":
                InPin("web-1", client => DeleteWith(client, "eth0"));
                break;
            case "machine's interface down":
                using (var own = pins.TryOpen("web-1")!)
                {
                    NamespaceThread.Run(own, NamespaceKind.Network, () => CommandHere("ip", "link", "set", "eth0", "down"));
                }

                break;
            case "machine's address":
                InPin("web-1", client => DeleteAddress(client, "10.77.1.2"));
                break;
            case "machine's default route":
                InPin("web-1", client => DeleteRoute(client, 0));
                break;
            case "all pins":
                pins.RemoveAll();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, "unknown break");
        }
    }

    private static int Delete(string link)
    {
        using var client = new RouteClient();
        return DeleteWith(client, link);
    }

    private static int DeleteWith(RouteClient client, string link)
    {
        client.DeleteLink(client.FindLink(link)!.Index, link);
        return 0;
    }

    private static int DeleteRoute(RouteClient client, int prefixLength)
    {
        client.DeleteRoute(client.Routes().Single(route => route.Destination.PrefixLength == prefixLength && route.Gateway is not null));
        return 0;
    }

    private static int DeleteAddress(RouteClient client, string address)
    {
        client.DeleteAddress(client.Addresses().Single(one => one.Address.Equals(IPAddress.Parse(address))));
        return 0;
    }

    private T InRouter<T>(int network, Func<RouteClient, T> body) => InPin($"router.{network}", body);

    private T InPin<T>(string name, Func<RouteClient, T> body)
    {
        using var own = new NamespaceFolder(Folder).TryOpen(name) ?? throw new InvalidOperationException($"no pin {name}");
        return NamespaceThread.Run(own, NamespaceKind.Network, () =>
        {
            using var client = new RouteClient();
            return body(client);
        });
    }

    private List<string> Everything(ApplicationFabric fabric)
    {
        var state = _node.State().ToList();
        foreach (string pin in Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal))
        {
            state.AddRange(InPin(pin, client => client.Links().Select(link => $"{pin}: {link}").Concat(client.Addresses().Select(address => $"{pin}: {address}")).Concat(client.Routes().Select(route => $"{pin}: {route}")).ToList()));
        }

        Assert.NotNull(fabric.MachineAt(IPAddress.Parse("10.77.1.2")));
        return state;
    }

    private ApplicationLaunch Shop() => _node.Launch(
        "shop",
        "abc123",
        [Network("front", 0, 1), Network("back", 1, 2)],
        Machine("db-1", Interface("back", 2, 2)),
        Machine("web-1", Interface("front", 1, 2), Interface("back", 2, 3)) with { Published = [new PublishedPort { HostPort = 8080, Port = 80 }] },
        Machine("web-2", Interface("front", 1, 3), Interface("back", 2, 4)));
}
