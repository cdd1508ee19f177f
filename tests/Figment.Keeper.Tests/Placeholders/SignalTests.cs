using System.Net;
using System.Net.Sockets;
using System.Text;
using Figment.Keeper.Tests.Lifecycle;
using Figment.Linux.Files;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using static Figment.Keeper.Tests.Lifecycle.KeeperBench;

namespace Figment.Keeper.Tests.Placeholders;

public sealed class SignalTests
{
    private const string Web = "10.77.0.2";
    private const string Db = "10.77.0.3";

    [Theory]
    [InlineData(ListenFamily.Unknown)]
    [InlineData(ListenFamily.Ipv4)]
    [InlineData(ListenFamily.DualStack)]
    public void A_connection_is_the_signal_and_its_peer_is_named(ListenFamily family)
    {
        using var bench = new KeeperBench(Machine("web", Web), Machine("db", Db, Tcp(80, family)));
        bench.AwaitState("db-1", MachineState.Imaginary);

        using var client = bench.Connect("db-1", Web, Db, 80);
        using var box = bench.Boxes.Next();

        var cause = bench.Status("db-1").Cause!;
        Assert.Equal(
            (SignalKind.Connection, "web-1", client.LocalEndPoint!.ToString(), 80, TransportProtocol.Tcp),
            (cause.Kind, cause.FromMachine, cause.FromAddress, cause.Port, cause.Protocol!.Value));
        Assert.Equal([Tcp(80, family)], box.Launch.Placeholders);
        using var accepted = Accept(box.Placeholder(0));
        Assert.Equal(client.LocalEndPoint.ToString(), ((IPEndPoint)accepted.RemoteEndPoint!) is { Address.IsIPv4MappedToIPv6: true } mapped
            ? $"{mapped.Address.MapToIPv4()}:{mapped.Port}"
            : accepted.RemoteEndPoint!.ToString());
    }

    [Fact]
    public void A_thousand_connections_queue_and_none_is_lost()
    {
        using var bench = new KeeperBench(Machine("db", Db, Tcp(80)));
        bench.Fabric.In("db-1", () =>
        {
            File.WriteAllText("/proc/sys/net/core/somaxconn", "4096");
            return true;
        });
        var clients = new List<Socket>();
        for (int index = 0; index < 1_000; index++)
        {
            clients.Add(bench.Connect("db-1", Db, Db, 80));
        }

        using var box = bench.Boxes.Next();
        for (int index = 0; index < clients.Count; index++)
        {
            Accept(box.Placeholder(0)).Dispose();
        }

        Assert.Equal(0, bench.Boxes.Waiting);
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>Somebody has a socket of a program that was killed for a moment longer, as CRIU that was dumping it: else nobody would ever reach the machine again.</summary>
    [Fact]
    public void A_port_that_is_not_free_yet_is_held_as_soon_as_it_is()
    {
        using var bench = new KeeperBench(Machine("web", Web), Machine("db", Db, Tcp(80), Tcp(81)));
        bench.AwaitState("db-1", MachineState.Imaginary);
        using var first = bench.Connect("db-1", Web, Db, 80);
        var box = bench.Boxes.Next();
        box.Runs();
        bench.AwaitState("db-1", MachineState.Running);
        using (var kept = FileCalls.Duplicate(box.Placeholder(0)))
        {
            box.Dispose();
            bench.AwaitState("db-1", MachineState.Imaginary);
            Assert.Contains("db-1: port 80/tcp cannot be held: bind(2) TCP port 80: EADDRINUSE", bench.Log, StringComparison.Ordinal);
            Assert.Single(bench.Status("db-1").Notes);
        }

        Assert.True(SpinWait.SpinUntil(() => bench.Log.Contains("db-1: all of its ports are held by now", StringComparison.Ordinal), TimeSpan.FromSeconds(20)), bench.Log);
        Assert.Empty(bench.Status("db-1").Notes);
        using var second = bench.Connect("db-1", Web, Db, 80);
        using var other = bench.Boxes.Next();

        Assert.Equal(second.LocalEndPoint!.ToString(), bench.Status("db-1").Cause!.FromAddress);
        Assert.Equal([80, 81], other.Launch.Placeholders.Select(port => port.Port).Order());
    }

    [Fact]
    public void A_datagram_is_a_signal_and_stays_for_the_program()
    {
        using var bench = new KeeperBench(Machine("web", Web), Machine("db", Db, Udp(53)));
        bench.Fabric.In("db-1", () =>
        {
            using var client = new UdpClient(new IPEndPoint(IPAddress.Parse(Web), 40_000));
            return client.Send(Encoding.ASCII.GetBytes("hello"), new IPEndPoint(IPAddress.Parse(Db), 53));
        });

        using var box = bench.Boxes.Next();

        var cause = bench.Status("db-1").Cause!;
        Assert.Equal((SignalKind.Datagram, "web-1", Web + ":40000", 53), (cause.Kind, cause.FromMachine, cause.FromAddress, cause.Port));
        using var socket = new Socket(new SafeSocketHandle(box.Placeholder(0).Number, ownsHandle: false)) { Blocking = false };
        byte[] bytes = new byte[16];
        Assert.Equal("hello", Encoding.ASCII.GetString(bytes, 0, socket.Receive(bytes)));
    }

    [Fact]
    public void The_keeper_keeps_no_copy_of_what_it_gave_away_and_holds_the_port_again_after_the_end()
    {
        using var bench = new KeeperBench(Machine("db", Db, Tcp(80)));
        using var first = bench.Connect("db-1", Db, Db, 80);
        var box = bench.Boxes.Next();
        box.Runs();
        bench.AwaitState("db-1", MachineState.Running);
        box.Placeholder(0).Dispose();

        // A process that another test starts just now has copies of all descriptors until its exec.
        Assert.True(SpinWait.SpinUntil(() => IsRefused(bench), TimeSpan.FromSeconds(5)), "somebody else still listens");

        box.Exits(0);
        bench.AwaitState("db-1", MachineState.Imaginary);

        using var second = bench.Connect("db-1", Db, Db, 80);
        using var next = bench.Boxes.Next();
        Assert.Equal("db-1", next.Machine);
    }

    private static bool IsRefused(KeeperBench bench)
    {
        try
        {
            bench.Connect("db-1", Db, Db, 80).Dispose();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    [Fact]
    public void A_port_that_is_taken_is_told_in_the_status_and_the_others_are_held()
    {
        using var bench = new KeeperBench(Machine("db", Db, Tcp(80), Tcp(81)));
        bench.Ask(new KeeperRequest.Stop { Machine = "db-1" });
        using var taker = bench.Fabric.In("db-1", () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, 80));
            socket.Listen();
            return socket;
        });

        bench.Ask(new KeeperRequest.Stop { Machine = "db-1", ToImaginary = true });

        Assert.Contains("port 80/tcp cannot be held: bind(2) TCP port 80: EADDRINUSE", Assert.Single(bench.Status("db-1").Notes), StringComparison.Ordinal);
        using var client = bench.Connect("db-1", Db, Db, 81);
        bench.Boxes.Next().Dispose();
    }

    [Fact]
    public void A_stopped_machine_refuses_connections()
    {
        using var bench = new KeeperBench(Machine("db", Db, Tcp(80)));
        bench.Ask(new KeeperRequest.Stop { Machine = "db-1" });

        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => bench.Connect("db-1", Db, Db, 80)).SocketErrorCode);
    }

    private static Socket Accept(Linux.Files.Descriptor listener)
    {
        var socket = new Socket(new SafeSocketHandle(listener.Number, ownsHandle: false)) { Blocking = false };
        Assert.True(socket.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead), "no connection waits");
        return socket.Accept();
    }
}
