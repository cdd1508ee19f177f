using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Figment.Keeper.Fabric;
using Figment.Linux.Netlink;
using Figment.Linux.SocketDiagnostics;
using Figment.Model.Launch;
using static Figment.Keeper.Tests.Fabric.TestNode;
using static Figment.Keeper.Tests.Fabric.TestSpan;

namespace Figment.Keeper.Tests.Fabric;

/// <summary>A machine changes its node while others talk to it: <c>db-1</c> goes from b to a or c, <c>web-1</c> is at a, <c>job-1</c> at b and <c>cache-1</c> at c.</summary>
public sealed class SpanMoveTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Few enough that those of three senders fit into a socket's buffer at once.</summary>
    private const int Datagrams = 60;

    private static readonly IPAddress Database = IPAddress.Parse("10.77.1.3");
    private static readonly IPAddress Ipv6Database = IPAddress.Parse("fd77:1::3");

    private readonly TestSpan _span = new(3);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task What_is_sent_while_a_machine_moves_waits_and_arrives_in_order(int to)
    {
        _span.Apply(Shop());
        using var before = _span.In(1, "db-1", () => Wire.Bind(IPAddress.Any, 7));
        (int Node, string Machine)[] senders = [(0, "web-1"), (1, "job-1"), (2, "cache-1")];
        var sockets = senders.Select(sender => _span.In(sender.Node, sender.Machine, () => Wire.Bind(IPAddress.Any, 0))).ToArray();
        foreach (var socket in sockets)
        {
            socket.SendTo("before"u8, new IPEndPoint(Database, 7));
            Assert.Equal("before", Wire.Receive(before));
        }

        _span.Fabrics[to].Prepare("db-1");
        Assert.Equal(MachinePlace.Held, _span.Fabrics[to].PlaceOf("db-1"));
        using var after = _span.In(to, "db-1", () => Wire.Bind(IPAddress.Any, 7));
        using var listener = _span.In(to, "db-1", () => Wire.Listen(IPAddress.Any, 5432));

        // Prepared, it changes nothing.
        sockets[0].SendTo("still there"u8, new IPEndPoint(Database, 7));
        Assert.Equal("still there", Wire.Receive(before));

        PlaceEverywhere(to, first: to);
        foreach (int number in Enumerable.Range(0, Datagrams))
        {
            foreach (var (index, socket) in sockets.Index())
            {
                socket.SendTo(Encoding.ASCII.GetBytes($"{index} {number}"), new IPEndPoint(Database, 7));
            }
        }

        var waiting = senders.Select(sender => _span.In(sender.Node, sender.Machine, () => Begin(Database, 5432))).ToList();
        var silence = Task.Delay(TimeSpan.FromMilliseconds(700), TestContext.Current.CancellationToken);
        Assert.Same(silence, await Task.WhenAny([silence, .. waiting.Select(one => one.Connected)]));
        Assert.Equal((0, 0), (before.Available, after.Available));
        Assert.Equal(MachinePlace.Plugged, _span.Fabrics[to].PlaceOf("db-1"));
        _span.Fabrics[to].Unplug("db-1");
        _span.Fabrics[1].Release("db-1");

        var seen = Enumerable.Range(0, Datagrams * sockets.Length).Select(_ => Wire.Receive(after).Split(' ')).GroupBy(parts => parts[0], parts => int.Parse(parts[1], CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(sockets.Length, seen.Count);
        Assert.All(seen, numbers => Assert.Equal(Enumerable.Range(0, Datagrams), numbers));
        foreach (var one in waiting)
        {
            await one.Connected.WaitAsync(Wire.Patience, TestContext.Current.CancellationToken);
            using var server = Wire.Accept(listener);
            one.Socket.Dispose();
        }

        foreach (var socket in sockets)
        {
            socket.Dispose();
        }

        Assert.Equal(MachinePlace.Here, _span.Fabrics[to].PlaceOf("db-1"));
        Assert.Equal(MachinePlace.Elsewhere, _span.Fabrics[1].PlaceOf("db-1"));
        AssertReached(to);
    }

    [Fact]
    public void What_a_plugged_machine_sends_waits_too_and_goes_out_in_order()
    {
        _span.Apply(Shop());
        using var web = _span.In(0, "web-1", () => Wire.Bind(IPAddress.Any, 7));
        using var cache = _span.In(2, "cache-1", () => Wire.Bind(IPAddress.Any, 7));
        _span.Fabrics[0].Prepare("db-1");
        using var database = _span.In(0, "db-1", () => Wire.Bind(IPAddress.Any, 0));
        SendBoth(0);
        PlaceEverywhere(0, first: 0);
        SendBoth(1);
        Assert.False(web.Poll(TimeSpan.FromMilliseconds(500), SelectMode.SelectRead));
        Assert.False(cache.Poll(TimeSpan.FromMilliseconds(500), SelectMode.SelectRead));
        _span.Fabrics[0].Unplug("db-1");

        Assert.Equal(["0", "1", "0", "1"], new[] { Wire.Receive(web), Wire.Receive(web), Wire.Receive(cache), Wire.Receive(cache) });

        void SendBoth(int number)
        {
            database.SendTo(Encoding.ASCII.GetBytes($"{number}"), new IPEndPoint(IPAddress.Parse("10.77.1.2"), 7));
            database.SendTo(Encoding.ASCII.GetBytes($"{number}"), new IPEndPoint(IPAddress.Parse("10.77.1.4"), 7));
        }
    }

    [Fact]
    public void What_did_not_fit_while_it_waited_is_told()
    {
        // A sender on this host waits when too much of its own waits: it takes many.
        const int Senders = 250;
        _span.Apply(Shop());
        _span.Fabrics[0].Prepare("db-1");
        PlaceEverywhere(0, first: 0);
        byte[] datagram = new byte[1400];
        for (int sender = 0; sender < Senders; sender++)
        {
            using var client = _span.In(0, "web-1", () => Wire.Bind(IPAddress.Any, 0));
            client.Connect(Database, 7);
            client.Blocking = false;
            SocketError error = SocketError.Success;
            for (int number = 0; number < 1000 && error == SocketError.Success; number++)
            {
                client.Send(datagram, SocketFlags.None, out error);
            }
        }

        _span.Fabrics[0].Unplug("db-1");

        Assert.Contains(_span.Nodes[0].Log.Lines, line => line.Contains("packets for db-1 in network default were lost", StringComparison.Ordinal));
        AssertReached(0);
    }

    [Fact]
    public void The_old_place_neither_answers_nor_is_heard_once_the_machine_is_elsewhere()
    {
        _span.Apply(Shop());
        using var listener = _span.In(1, "db-1", () => Wire.Listen(IPAddress.Any, 5432));
        using var loud = _span.In(1, "db-1", () => Wire.Bind(IPAddress.Any, 0));
        using var web = _span.In(0, "web-1", () => Wire.Bind(IPAddress.Any, 7));
        using var job = _span.In(1, "job-1", () => Wire.Bind(IPAddress.Any, 7));
        _span.Fabrics[0].Prepare("db-1");
        PlaceEverywhere(0, first: 0);
        _span.Fabrics[0].Unplug("db-1");
        loud.SendTo("I am still here"u8, new IPEndPoint(IPAddress.Parse("10.77.1.2"), 7));
        loud.SendTo("I am still here"u8, new IPEndPoint(IPAddress.Parse("10.77.1.5"), 7));

        Assert.Equal(MachinePlace.Held, _span.Fabrics[1].PlaceOf("db-1"));
        foreach (var (node, machine) in new[] { (0, "web-1"), (1, "job-1"), (2, "cache-1") })
        {
            // The new place refuses, for nobody listens there; the old one would have accepted.
            var refused = Assert.Throws<AggregateException>(() => _span.In(node, machine, () => Wire.Connect(Database, 5432)));
            Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(refused.InnerException).SocketErrorCode);
        }

        Assert.Equal((0, 0), (web.Available, job.Available));
        AssertReached(0);
    }

    /// <summary>A handshake is the matter of the kernel that answered its first packet.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(2, false)]
    [InlineData(0, true)]
    public async Task New_connections_wait_at_the_new_place_while_those_that_have_begun_go_on_at_the_old(int to, bool isTakenBack)
    {
        _span.Apply(Shop());
        (int Node, string Machine)[] clients = [(0, "web-1"), (1, "job-1"), (2, "cache-1")];
        using var old = _span.In(1, "db-1", () => Wire.Listen(IPAddress.Any, 5432));
        var pairs = clients.Select(client => (Client: _span.In(client.Node, client.Machine, () => Wire.Connect(Database, 5432)), Server: Wire.Accept(old))).ToList();
        _span.Fabrics[to].Prepare("db-1");
        using var listener = _span.In(to, "db-1", () => Wire.Listen(IPAddress.Any, 5432));

        // The last packet of a handshake is late.
        clients.ToList().ForEach(client => Nft(client, "table inet late { chain out { type filter hook output priority 0; tcp flags & (syn | ack) == ack tcp dport 5432 ct state established drop; }; }"));
        var begun = clients.Select(client => _span.In(client.Node, client.Machine, () => Begin(Database, 5432))).ToList();
        Assert.All(begun, one => Assert.True(one.Connected.Wait(Wire.Patience)));
        using var table = _span.In(1, "db-1", () => new SocketTable());
        Assert.Equal(new PendingConnections(clients.Length, 0), table.Pending());
        _span.Fabrics[to].PlaceNew("db-1", null);
        _span.Fabrics[1].PlaceNew("db-1", Name(to));

        var waiting = clients.Select(client => _span.In(client.Node, client.Machine, () => Begin(Database, 5432))).ToList();
        clients.ToList().ForEach(client => Nft(client, "delete table inet late"));

        // The kernel answers again after a second.
        var accepted = begun.Select(_ => Wire.Accept(old)).ToDictionary(server => server.RemoteEndPoint!);
        pairs.AddRange(begun.Select(one => (one.Socket, accepted[one.Socket.LocalEndPoint!])));

        Assert.All(pairs, pair => Wire.AssertCarries(pair.Client, pair.Server));
        Assert.DoesNotContain(waiting, one => one.Connected.IsCompleted);
        Assert.Equal(default, table.Pending());
        if (!isTakenBack)
        {
            // What it still sends gets out; what is sent to it does not get there.
            PlaceEverywhere(to, first: to, again: true);
            Assert.All(pairs, pair => Wire.Send(pair.Server, "last words"));
            Assert.All(pairs, pair => Assert.Equal("last words", Wire.Receive(pair.Client)));
            Assert.All(pairs, pair => Wire.Send(pair.Client, "nobody hears this here"));
        }

        PlaceEverywhere(isTakenBack ? 1 : to, first: isTakenBack ? 1 : to);
        if (!isTakenBack)
        {
            Assert.All(pairs, pair => Wire.Send(pair.Server, "not heard any more"));
            Assert.DoesNotContain(pairs, pair => pair.Client.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead));
            Assert.DoesNotContain(pairs, pair => pair.Server.Available > 0);
            _span.Fabrics[to].Unplug("db-1");
            _span.Fabrics[1].Release("db-1");
        }
        else
        {
            _span.Fabrics[to].Release("db-1");
        }

        foreach (var one in waiting)
        {
            await one.Connected.WaitAsync(Wire.Patience, TestContext.Current.CancellationToken);
            Wire.Accept(isTakenBack ? old : listener).Dispose();
            one.Socket.Dispose();
        }

        pairs.ForEach(pair => pair.Client.Dispose());
        pairs.ForEach(pair => pair.Server.Dispose());
        AssertReached(isTakenBack ? 1 : to);
        foreach (int node in Enumerable.Range(0, _span.Fabrics.Length))
        {
            Assert.Equal("", Nft(node, "router.0", "list tables netdev"));
            Assert.DoesNotContain(_span.Nodes[node].Log.Lines, line => line.Contains("handshakes", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_next_keeper_lets_new_connections_go_where_all_go()
    {
        _span.Apply(Shop());
        using var listener = _span.In(1, "db-1", () => Wire.Listen(IPAddress.Any, 5432));
        _span.Fabrics[0].Prepare("db-1");
        _span.Fabrics[0].PlaceNew("db-1", null);
        _span.Fabrics[1].PlaceNew("db-1", "a");
        Assert.True(_span.In(2, "cache-1", () => Wire.IsSilent(Database, 5432)));
        foreach (int node in (ReadOnlySpan<int>)[0, 1])
        {
            _span.Replace(node);
            _span.Fabrics[node].Apply(_span.For(Shop(), node));
        }

        using var client = _span.In(2, "cache-1", () => Wire.Connect(Database, 5432));
        using var server = Wire.Accept(listener);
        Wire.AssertCarries(client, server);
    }

    [Fact]
    public void A_move_that_failed_is_taken_back()
    {
        _span.Apply(Shop());
        using var listener = _span.In(1, "db-1", () => Wire.Listen(IPAddress.Any, 5432));
        using var client = _span.In(0, "web-1", () => Wire.Connect(Database, 5432));
        using var server = Wire.Accept(listener);
        _span.Fabrics[0].Prepare("db-1");
        PlaceEverywhere(0, first: 0);
        Wire.Send(client, "sent while it was away");
        PlaceEverywhere(1, first: 1);
        _span.Fabrics[0].Release("db-1");

        // The connection lives on: what was lost with the queue at the new place is sent again.
        Assert.Equal("sent while it was away", Wire.Receive(server));
        Wire.AssertCarries(client, server);
        Assert.Equal((MachinePlace.Elsewhere, MachinePlace.Here), (_span.Fabrics[0].PlaceOf("db-1"), _span.Fabrics[1].PlaceOf("db-1")));
        AssertReached(1);
        Assert.DoesNotContain("db-1", Directory.GetFiles(_span.Pins(0)).Select(Path.GetFileName));
    }

    /// <summary>A box shuts its machine's own end, and nothing else, before it writes it; then it is killed, and the machine stays.</summary>
    [Fact]
    public void What_a_killed_box_has_shut_alone_is_opened_too()
    {
        _span.Apply(Shop());
        using var web = _span.In(0, "web-1", () => Wire.Bind(IPAddress.Any, 7));
        using var database = _span.In(1, "db-1", () => Wire.Bind(IPAddress.Any, 0));
        _span.In(1, "db-1", () =>
        {
            using var client = new RouteClient();
            foreach (var link in client.Links().Where(link => link.Kind == "veth"))
            {
                new QueueClient(client).Plug(link.Index, 1 << 20);
            }

            return 0;
        });
        database.SendTo("kept in"u8.ToArray(), new IPEndPoint(IPAddress.Parse("10.77.1.2"), 7));
        Assert.False(web.Poll(TimeSpan.FromMilliseconds(500), SelectMode.SelectRead));
        Assert.Equal(MachinePlace.Here, _span.Fabrics[1].PlaceOf("db-1"));
        _span.Fabrics[1].Unplug("db-1");

        Assert.Equal("kept in", Wire.Receive(web));
    }

    /// <summary>The next keeper applies the launch as it was when the first died, goes on, and repeats what may have been done.</summary>
    [Theory]
    [InlineData("prepared", 1)]
    [InlineData("placed", 1)]
    [InlineData("placed", 0)]
    [InlineData("unplugged", 0)]
    public void A_keeper_that_follows_a_killed_one_goes_on_with_the_move(string done, int written)
    {
        _span.Apply(Shop());
        var to = _span.Fabrics[0];
        to.Prepare("db-1");
        if (done != "prepared")
        {
            PlaceEverywhere(0, first: 0);
        }

        if (done == "unplugged")
        {
            to.Unplug("db-1");
        }

        using var client = _span.In(0, "web-1", () => Wire.Bind(IPAddress.Any, 0));
        using var server = _span.In(0, "db-1", () => Wire.Bind(IPAddress.Any, 7));
        client.SendTo("waited"u8, new IPEndPoint(Database, 7));
        foreach (int node in (ReadOnlySpan<int>)[0, 1])
        {
            _span.Replace(node);
            _span.Fabrics[node].Apply(_span.For(Shop(written), node));
        }

        to = _span.Fabrics[0];
        Assert.Equal(
            (done, written) switch { (_, 1) => MachinePlace.Held, ("unplugged", _) => MachinePlace.Here, _ => MachinePlace.Plugged },
            to.PlaceOf("db-1"));
        Assert.Equal(written == 1 ? MachinePlace.Here : MachinePlace.Held, _span.Fabrics[1].PlaceOf("db-1"));
        to.Prepare("db-1");
        PlaceEverywhere(0, first: 0);
        to.Unplug("db-1");
        to.Unplug("db-1");
        _span.Fabrics[1].Release("db-1");
        _span.Fabrics[1].Release("db-1");
        if (done != "prepared")
        {
            Assert.Equal("waited", Wire.Receive(server));
        }

        AssertReached(0);
        var state = _span.Fabrics.Index().Select(one => _span.Everything(one.Index)).ToList();
        _span.Apply(Shop(0));
        AssertReached(0);
        _span.Apply(Shop(0));
        Assert.Contains(_span.Everything(0), line => line.Contains(nameof(Linux.Netlink.QueueInfo), StringComparison.Ordinal));

        // Plugs go when nothing has been sent for a while, and not before.
        Assert.True(to.RemoveIdlePlugs());
        client.SendTo("again"u8, new IPEndPoint(Database, 7));
        Assert.Equal("again", Wire.Receive(server));
        Assert.True(to.RemoveIdlePlugs());
        Assert.Contains(_span.Everything(0), line => line.Contains(nameof(Linux.Netlink.QueueInfo), StringComparison.Ordinal));
        for (int looks = 0; to.RemoveIdlePlugs(); looks++)
        {
            // Neighbours may ask for one another meanwhile.
            Assert.InRange(looks, 0, 1_000);
        }

        Assert.DoesNotContain(_span.Everything(0), line => line.Contains(nameof(Linux.Netlink.QueueInfo), StringComparison.Ordinal));
        AssertReached(0);
        Assert.Equal(state[1], _span.Everything(1));
    }

    [Fact]
    public void Calls_that_make_no_sense_are_refused_and_repeated_ones_are_not()
    {
        _span.Apply(Shop());
        Assert.Contains("must be prepared first", Assert.Throws<FabricException>(() => _span.Fabrics[0].Place("db-1", null)).Message, StringComparison.Ordinal);
        Assert.Contains("is at node b", Assert.Throws<FabricException>(() => _span.Fabrics[0].Unplug("db-1")).Message, StringComparison.Ordinal);
        Assert.Contains("is here", Assert.Throws<FabricException>(() => _span.Fabrics[1].Release("db-1")).Message, StringComparison.Ordinal);
        Assert.Contains("no peer of that name", Assert.Throws<FabricException>(() => _span.Fabrics[1].Place("db-1", "nowhere")).Message, StringComparison.Ordinal);
        Assert.Contains("no machine db-7", Assert.Throws<FabricException>(() => _span.Fabrics[1].Prepare("db-7")).Message, StringComparison.Ordinal);
        Assert.Equal(MachinePlace.Elsewhere, _span.Fabrics[0].PlaceOf("db-1"));
        _span.Fabrics[1].Prepare("db-1");
        _span.Fabrics[1].Place("db-1", null);
        _span.Fabrics[1].Place("db-1", "b");
        _span.Fabrics[1].Unplug("db-1");
        AssertReached(1);
        var fabric = _span.Nodes[0].Fabric("alone");
        fabric.Apply(_span.Nodes[0].Launch("alone", NewTag(), [Network("default", 0, 7)], Machine("web-1", Interface("default", 7, 2))));
        Assert.Contains("has no span", Assert.Throws<FabricException>(() => fabric.Place("web-1", "b")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_is_changed_in_milliseconds()
    {
        const int Rounds = 20;
        const int Others = 50;
        var launch = Shop();
        _span.Apply(launch with { Machines = [.. launch.Machines, .. Enumerable.Range(1, Others).Select(number => Member($"other-{number}", number % 2, 100 + number))] });
        var times = new Dictionary<string, List<double>>();
        for (int round = -2; round < Rounds; round++)
        {
            if (round == 0)
            {
                // What it costs to compile the code is not the move's.
                times.Clear();
            }

            int from = 1 - (round & 1);
            int to = 1 - from;
            Time("Prepare", () => _span.Fabrics[to].Prepare("db-1"));
            Time("Place, arriving", () => _span.Fabrics[to].Place("db-1", null));
            Time("Place, passing", () => _span.Fabrics[2].Place("db-1", Name(to)));
            Time("Place, leaving", () => _span.Fabrics[from].Place("db-1", Name(to)));
            Time("Unplug", () => _span.Fabrics[to].Unplug("db-1"));
            Time("Release", () => _span.Fabrics[from].Release("db-1"));
            AssertReached(to);
        }

        foreach (var (name, taken) in times)
        {
            taken.Sort();
            string report = $"{name}: median {taken[Rounds / 2]:0.00} ms, worst {taken[^1]:0.00} ms of {Rounds}";
            output.WriteLine(report);
            TestContext.Current.SendDiagnosticMessage(report);
        }

        void Time(string name, Action action)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            (times.TryGetValue(name, out var taken) ? taken : times[name] = []).Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
    }

    public void Dispose() => _span.Dispose();

    private static (Socket Socket, Task Connected) Begin(IPAddress address, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = (int)Wire.Patience.TotalMilliseconds };
        return (socket, socket.ConnectAsync(address, port));
    }

    private void PlaceEverywhere(int node, int first, bool again = false)
    {
        foreach (var (index, fabric) in _span.Fabrics.Index().OrderBy(one => one.Index == first ? 0 : 1))
        {
            fabric.Place("db-1", index == node ? null : Name(node), again);
        }
    }

    private void Nft((int Node, string Machine) at, string command) => Nft(at.Node, at.Machine, command);

    private string Nft(int node, string pin, string command)
    {
        using var process = Process.Start(new ProcessStartInfo("nsenter", [$"--net={Path.Combine(_span.Pins(node), pin)}", "nft", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
        return output;
    }

    /// <summary>From everywhere, both ways, by both families.</summary>
    private void AssertReached(int node)
    {
        foreach (var address in (IPAddress[])[Database, Ipv6Database])
        {
            using var listener = _span.In(node, "db-1", () => Wire.Listen(address, 5433));
            foreach (var (from, machine) in new[] { (0, "web-1"), (1, "job-1"), (2, "cache-1") })
            {
                using var client = _span.In(from, machine, () => Wire.Connect(address, 5433));
                using var server = Wire.Accept(listener);
                Wire.AssertCarries(client, server);
            }
        }

        using var asked = _span.In(node, "db-1", () => Wire.Connect(IPAddress.Parse("10.77.1.1"), 53));
    }

    private static ApplicationLaunch Shop(int database = 1) => Launch(
        [SpanNetwork("default", 0, 1) with { Ipv6Subnet = "fd77:1::/64", Ipv6Gateway = "fd77:1::1" }],
        Member("cache-1", 2, 4),
        Member("db-1", database, 3),
        Member("job-1", 1, 5),
        Member("web-1", 0, 2));

    private static MachineLaunch Member(string name, int node, int host) => Machine(name, node, Interface("default", 1, host) with { Ipv6Address = $"fd77:1::{host}" });
}
