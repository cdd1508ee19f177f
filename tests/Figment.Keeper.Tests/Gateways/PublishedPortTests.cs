using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Figment.Keeper.Fabric;
using Figment.Keeper.Tests.Fabric;
using Figment.Model.Launch;
using Figment.Model.Specs;
using static Figment.Keeper.Tests.Fabric.TestNode;

namespace Figment.Keeper.Tests.Gateways;

public sealed class PublishedPortTests : IDisposable
{
    private readonly TestNode _node = new();

    [Fact]
    public void A_published_TCP_port_is_reached_from_outside_under_the_true_address()
    {
        var fabric = Publish(new PublishedPort { HostPort = 8080, Port = 80 });
        using var listener = In(fabric, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        using var client = _node.InOutside(() => Wire.Connect(NodeAddress, 8080));
        using var server = Wire.Accept(listener);

        Assert.Equal(OutsideAddress, Wire.RemoteAddress(server));
        Wire.AssertCarries(client, server);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("198.51.100.1")]
    public void A_published_TCP_port_is_reached_from_the_node_itself(string address)
    {
        var fabric = Publish(new PublishedPort { HostPort = 8080, Port = 80 });
        using var listener = In(fabric, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        using var client = _node.InNode(() => Wire.Connect(IPAddress.Parse(address), 8080));
        using var server = Wire.Accept(listener);

        Wire.AssertCarries(client, server);
    }

    [Fact]
    public void A_machine_reaches_its_own_published_port_by_the_address_of_the_node()
    {
        var fabric = Publish(new PublishedPort { HostPort = 8080, Port = 80 });
        using var listener = In(fabric, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        using var client = In(fabric, "web-2", () => Wire.Connect(NodeAddress, 8080));
        using var server = Wire.Accept(listener);

        Wire.AssertCarries(client, server);
    }

    [Fact]
    public void A_port_published_on_loopback_is_not_reached_from_outside()
    {
        var fabric = Publish(new PublishedPort { HostIp = "127.0.0.1", HostPort = 8080, Port = 80 });
        using var listener = In(fabric, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        using var client = _node.InNode(() => Wire.Connect(IPAddress.Loopback, 8080));
        using var server = Wire.Accept(listener);

        Wire.AssertCarries(client, server);
        var refused = Assert.Throws<AggregateException>(() => _node.InOutside(() => Wire.Connect(NodeAddress, 8080)));
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(refused.InnerException).SocketErrorCode);
    }

    /// <summary>A box tells of who came when the answer is given, and a client may be gone by then.</summary>
    [Fact]
    public void Who_came_through_the_gateway_is_known_also_when_it_has_left()
    {
        var fabric = Publish(new PublishedPort { HostPort = 8080, Port = 80 });
        using var listener = In(fabric, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        using var client = _node.InNode(() => Wire.Connect(IPAddress.Loopback, 8080));
        var origin = (IPEndPoint)client.LocalEndPoint!;
        using var server = Wire.Accept(listener);
        var seen = (IPEndPoint)server.RemoteEndPoint!;
        Assert.Equal(origin, fabric.OriginOf(seen));
        client.Dispose();
        Assert.Empty(ReceiveAll(server));
        server.Dispose();
        using var next = _node.InNode(() => Wire.Connect(IPAddress.Loopback, 8080));
        using var atNext = Wire.Accept(listener);

        // The loop has seen the end of the first by now.
        Wire.AssertCarries(next, atNext);
        Assert.Equal(origin, fabric.OriginOf(seen));
        var unknown = new IPEndPoint(seen.Address, 1);
        Assert.Equal(unknown, fabric.OriginOf(unknown));
    }

    [Fact]
    public void A_published_UDP_port_is_reached_from_outside_under_the_true_address()
    {
        var fabric = Publish(new PublishedPort { HostPort = 5353, Port = 53, Protocol = TransportProtocol.Udp });
        using var server = In(fabric, "web-1", () => Wire.Bind(IPAddress.Parse("10.77.1.2"), 53));
        using var client = _node.InOutside(() => Wire.Bind(IPAddress.Any, 0));
        Assert.Equal(OutsideAddress, Exchange(client, server, NodeAddress));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("198.51.100.1")]
    public void A_published_UDP_port_is_reached_from_the_node_itself(string address)
    {
        var fabric = Publish(new PublishedPort { HostPort = 5353, Port = 53, Protocol = TransportProtocol.Udp });
        using var server = In(fabric, "web-1", () => Wire.Bind(IPAddress.Parse("10.77.1.2"), 53));
        var target = IPAddress.Parse(address);
        using var client = _node.InNode(() => Wire.Bind(target.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
        Exchange(client, server, target);
        Exchange(client, server, target);
    }

    [Theory]
    [InlineData("198.51.100.1", true)]
    [InlineData("127.0.0.1", false)]
    public void Machines_that_share_a_port_take_turns(string address, bool outside)
    {
        var fabric = Publish(new PublishedPort { HostPort = 8080, Port = 80 }, onBoth: true);
        using var first = In(fabric, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        using var second = In(fabric, "web-2", () => Wire.Listen(IPAddress.Any, 80));
        for (int turn = 0; turn < 3; turn++)
        {
            var clients = Enumerable.Range(0, 2).Select(_ => outside
                ? _node.InOutside(() => Wire.Connect(IPAddress.Parse(address), 8080))
                : _node.InNode(() => Wire.Connect(IPAddress.Parse(address), 8080))).ToList();
            using var atFirst = Wire.Accept(first);
            using var atSecond = Wire.Accept(second);
            clients.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public void A_client_that_comes_before_the_machine_listens_waits_until_clients_are_served()
    {
        var fabric = _node.Fabric("shop");
        fabric.HoldClients();
        fabric.Apply(Launch([new PublishedPort { HostPort = 8080, Port = 80 }]));
        using var client = _node.InNode(() => Wire.Connect(IPAddress.Loopback, 8080));
        using var web = In(fabric, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        fabric.ServeClients();
        using var atWeb = Wire.Accept(web);

        Wire.AssertCarries(client, atWeb);
    }

    [Fact]
    public void A_change_to_a_port_that_is_taken_fails_and_can_be_taken_back()
    {
        var fabric = Publish(new PublishedPort { HostPort = 8080, Port = 80 });
        using var holder = _node.InNode(() => Wire.Listen(IPAddress.Loopback, 9090));
        fabric.HoldClients();
        Assert.Throws<FabricException>(() => fabric.Apply(Launch([new PublishedPort { HostPort = 9090, Port = 80 }])));
        fabric.ServeClients();
        fabric.Apply(Launch([new PublishedPort { HostPort = 8080, Port = 80 }]));
        using var web = In(fabric, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        using var client = _node.InNode(() => Wire.Connect(IPAddress.Loopback, 8080));
        using var atWeb = Wire.Accept(web);

        Wire.AssertCarries(client, atWeb);
    }

    [Fact]
    public void A_port_that_is_taken_is_said_with_who_wants_and_who_has_it()
    {
        using var holder = _node.InNode(() => Wire.Listen(IPAddress.Loopback, 8080));
        var failure = Assert.Throws<FabricException>(() => Publish(new PublishedPort { HostPort = 8080, Port = 80 }));

        Assert.Contains("port 8080 of the node is taken (EADDRINUSE)", failure.Message, StringComparison.Ordinal);
        Assert.Contains("web-1", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId} (", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_that_the_node_lacks_is_said()
    {
        var failure = Assert.Throws<FabricException>(() => Publish(new PublishedPort { HostIp = "192.0.2.9", HostPort = 8080, Port = 80 }));

        Assert.Contains("192.0.2.9 is no address of the node (EADDRNOTAVAIL)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_published_port_is_held_and_free_after_it_is_published_no_more()
    {
        var fabric = Publish(new PublishedPort { HostPort = 8080, Port = 80 });
        var taken = Assert.Throws<SocketException>(() => _node.InNode(() => Wire.Listen(IPAddress.Any, 8080)));
        Assert.Equal(SocketError.AddressAlreadyInUse, taken.SocketErrorCode);
        fabric.Apply(Launch([]));

        using var free = _node.InNode(() => Wire.Listen(IPAddress.Any, 8080));
    }

    [Fact]
    public async Task A_relayed_connection_half_closes_both_ways_and_loses_no_byte()
    {
        const int Bytes = 8 << 20;
        var fabric = Publish(new PublishedPort { HostPort = 8080, Port = 80 });
        using var listener = In(fabric, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        using var client = _node.InNode(() => Wire.Connect(IPAddress.Loopback, 8080));
        using var server = Wire.Accept(listener);
        byte[] there = RandomNumberGenerator.GetBytes(Bytes);
        byte[] back = RandomNumberGenerator.GetBytes(Bytes);

        var sending = Task.Run(() => SendAll(client, there));
        Assert.Equal(there, ReceiveAll(server));
        await sending;

        // The client has ended its side; the other still carries.
        sending = Task.Run(() => SendAll(server, back));
        Assert.Equal(back, ReceiveAll(client));
        await sending;
    }

    [Fact]
    public void A_relayed_connection_is_reset_when_its_machine_refuses_or_resets()
    {
        var fabric = Publish(new PublishedPort { HostPort = 8080, Port = 80 });

        // The reset may come before .NET has looked at the connection or after.
        var refusal = Assert.ThrowsAny<Exception>(() => _node.InNode(() =>
        {
            using var refused = Wire.Connect(IPAddress.Loopback, 8080);
            return Wire.Receive(refused);
        }));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(refusal.GetBaseException()).SocketErrorCode);

        using var listener = In(fabric, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        using var client = _node.InNode(() => Wire.Connect(IPAddress.Loopback, 8080));
        using (var server = Wire.Accept(listener))
        {
            Wire.AssertCarries(client, server);
            server.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        Assert.Equal(SocketError.ConnectionReset, Assert.Throws<SocketException>(() => Wire.Receive(client)).SocketErrorCode);
    }

    [Fact]
    public void Many_connections_are_relayed_at_once()
    {
        const int Connections = 300;
        var fabric = Publish(new PublishedPort { HostPort = 8080, Port = 80 });
        using var listener = In(fabric, "web-1", () => Wire.Listen(IPAddress.Any, 80));
        var clients = _node.InNode(() => Enumerable.Range(0, Connections).Select(_ => Wire.Connect(IPAddress.Loopback, 8080)).ToList());
        var servers = Enumerable.Range(0, Connections).Select(_ => Wire.Accept(listener)).ToList();
        for (int index = 0; index < Connections; index++)
        {
            Wire.Send(clients[index], $"client {index}");
        }

        var heard = servers.Select(Wire.Receive).ToHashSet();
        Assert.Equal(Enumerable.Range(0, Connections).Select(index => $"client {index}").ToHashSet(), heard);
        clients.Concat(servers).ToList().ForEach(socket => socket.Dispose());
    }

    public void Dispose() => _node.Dispose();

    private static IPAddress Exchange(Socket client, Socket server, IPAddress target)
    {
        client.SendTo("there"u8, new IPEndPoint(target, 5353));
        byte[] buffer = new byte[64];
        EndPoint remote = new IPEndPoint(IPAddress.Any, 0);
        Assert.Equal(5, server.ReceiveFrom(buffer, ref remote));
        server.SendTo("and back"u8, remote);
        EndPoint answered = new IPEndPoint(client.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        Assert.Equal(8, client.ReceiveFrom(buffer, ref answered));
        Assert.Equal(new IPEndPoint(target, 5353), answered);
        return ((IPEndPoint)remote).Address;
    }

    private static void SendAll(Socket socket, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += socket.Send(bytes.AsSpan(sent));
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static byte[] ReceiveAll(Socket socket)
    {
        using var received = new MemoryStream();
        byte[] buffer = new byte[65_536];
        for (int count; (count = socket.Receive(buffer)) > 0;)
        {
            received.Write(buffer, 0, count);
        }

        return received.ToArray();
    }

    private ApplicationFabric Publish(PublishedPort port, bool onBoth = false)
    {
        var fabric = _node.Fabric("shop");
        fabric.Apply(Launch([port], onBoth));
        return fabric;
    }

    private ApplicationLaunch Launch(IReadOnlyList<PublishedPort> published, bool onBoth = false) => _node.Launch(
        "shop",
        "abc123",
        [Network("default", 0, 1)],
        Machine("web-1", Interface("default", 1, 2)) with { Published = published },
        Machine("web-2", Interface("default", 1, 3)) with { Published = onBoth ? published : [] });
}
