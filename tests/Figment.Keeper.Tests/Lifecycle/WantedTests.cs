using System.Net.Sockets;
using Figment.Keeper.Learning;
using Figment.Linux.Sockets;
using Figment.Model.Control;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using static Figment.Keeper.Tests.Lifecycle.KeeperBench;

namespace Figment.Keeper.Tests.Lifecycle;

public sealed class WantedTests
{
    private const string Web = "10.77.0.2";
    private const string Db = "10.77.0.3";

    [Fact]
    public void A_connect_to_an_unknown_port_of_an_imaginary_machine_makes_it_known_before_the_call_goes_on()
    {
        using var bench = new KeeperBench(Machine("web", Web, Tcp(80)), Machine("db", Db));
        using var web = StartWeb(bench);
        long before = bench.Generation;

        Want(web, 1, Db, 5432);
        Assert.True(bench.Generation > before, "the boxes are not told");
        bench.AwaitState("db-1", MachineState.Imaginary);
        using var client = bench.Connect("db-1", Web, Db, 5432);
        using var db = bench.Boxes.Next();

        Assert.Equal((SignalKind.Connect, "web-1", 5432), (bench.Status("db-1").Cause!.Kind, bench.Status("db-1").Cause!.FromMachine, bench.Status("db-1").Cause!.Port));
        Assert.Contains("5432", bench.LearntText, StringComparison.Ordinal);
        Assert.Equal(5432, Assert.Single(db.Launch.Placeholders).Port);
    }

    [Fact]
    public void While_the_target_starts_its_box_gets_one_more_placeholder()
    {
        using var bench = new KeeperBench(Machine("web", Web, Tcp(80)), Machine("db", Db, Tcp(80)));
        using var web = StartWeb(bench);
        using var client = bench.Connect("db-1", Web, Db, 80);
        using var db = bench.Boxes.Next();

        Want(web, 7, Db, 9999);

        var message = db.Hear<BoxMessage.NewPlaceholder>(out var descriptors);
        Assert.Equal(9999, message.Port);
        using var second = bench.Connect("db-1", Web, Db, 9999);
        Assert.Single(Parcel.Open(Assert.Single(descriptors))).Dispose();
    }

    [Fact]
    public void A_running_machine_gets_nothing_and_its_unknown_ports_refuse()
    {
        using var bench = new KeeperBench(Machine("web", Web, Tcp(80)), Machine("db", Db, Tcp(80)));
        using var web = StartWeb(bench);
        using var client = bench.Connect("db-1", Web, Db, 80);
        using var db = bench.Boxes.Next();
        db.Runs();
        bench.AwaitState("db-1", MachineState.Running);

        Want(web, 1, Db, 9999);
        Want(web, 2, "10.77.0.99", 80);
        Want(web, 3, Web, 9999);
        Want(web, 4, "nonsense", 80);

        Assert.Throws<SocketException>(() => bench.Connect("db-1", Web, Db, 9999));
    }

    [Fact]
    public void A_guess_that_no_program_took_is_forgotten()
    {
        using var bench = new KeeperBench(Machine("web", Web, Tcp(80)), Machine("db", Db, Tcp(80)));
        using var web = StartWeb(bench);
        Want(web, 1, Db, 9999);
        Assert.Contains("9999", bench.LearntText, StringComparison.Ordinal);
        using var client = bench.Connect("db-1", Web, Db, 80);
        using var db = bench.Boxes.Next();
        db.Runs();

        db.Say(new BoxMessage.PlaceholderClosed { Port = 9999, Protocol = TransportProtocol.Tcp });
        bench.AwaitState("db-1", MachineState.Running);
        db.Exits(0);
        bench.AwaitState("db-1", MachineState.Imaginary);

        Assert.DoesNotContain("9999", bench.LearntText, StringComparison.Ordinal);
        Assert.Equal([80], bench.Status("db-1").Ports.Select(port => port.Port));
    }

    [Fact]
    public void A_scan_of_ports_is_bounded()
    {
        using var bench = new KeeperBench(Machine("web", Web, Tcp(80)), Machine("db", Db));
        using var web = StartWeb(bench);
        for (int port = 1; port <= 100; port++)
        {
            Want(web, port, Db, port);
        }

        Assert.Equal(LearntPorts.PortsMax, bench.Status("db-1").Ports.Count);
        Assert.Throws<SocketException>(() => bench.Connect("db-1", Web, Db, 100));
    }

    [Fact]
    public void What_a_program_listened_on_is_learnt_with_its_family()
    {
        using var bench = new KeeperBench(Machine("web", Web, Tcp(80)));
        using (var web = StartWeb(bench))
        {
            web.Say(new BoxMessage.Listening { Port = 80, Protocol = TransportProtocol.Tcp, Family = Model.Launch.ListenFamily.DualStack, Loopback = false, Placeholder = false });
            web.Exits(0);
        }

        bench.AwaitState("web-1", MachineState.Imaginary);

        Assert.Equal([Tcp(80, Model.Launch.ListenFamily.DualStack)], bench.Status("web-1").Ports);
    }

    private static PeerBoxes.Peer StartWeb(KeeperBench bench)
    {
        bench.Ask(new KeeperRequest.Start { Machine = "web-1", Wait = false });
        var web = bench.Boxes.Next();
        web.Runs();
        bench.AwaitState("web-1", MachineState.Running);
        return web;
    }

    private static void Want(PeerBoxes.Peer box, long id, string address, int port)
    {
        box.Say(new BoxMessage.Wanted { Id = id, Address = address, Port = port, Protocol = TransportProtocol.Tcp });
        Assert.Equal(id, box.Hear<BoxMessage.Granted>(out _).Id);
    }
}
