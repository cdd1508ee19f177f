using System.Net;
using System.Net.Sockets;
using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Netlink;

namespace Figment.Linux.Tests.Netlink;

/// <summary>VXLAN interfaces, told forwarding and plugs, in namespaces of their own.</summary>
public sealed class SpanningTests
{
    private static readonly byte[] Mac = [2, 0x66, 10, 9, 0, 1];
    private static readonly VxlanInfo Vxlan = new() { Vni = 0xABCDEF, Local = IPAddress.Parse("192.0.2.1"), Port = 4790, Proxies = true };

    [Fact]
    public void A_vxlan_is_made_into_another_namespace_and_read_as_it_was_made() => InNew(client =>
    {
        using var other = New();
        client.AddVxlan(new VxlanLink { Name = "vx0", Namespace = other, Vxlan = Vxlan, Mtu = 1500 });
        var twice = Assert.Throws<LinuxException>(() => client.AddVxlan(new VxlanLink { Name = "vx1", Namespace = other, Vxlan = Vxlan, Mtu = 1500 }));
        Assert.Null(client.FindLink("vx0"));
        var link = In(other, there => there.FindLink("vx0"))!;

        Assert.Equal(("vxlan", Vxlan, 1500u, false), (link.Kind, link.Vxlan, link.Mtu, link.IsUp));
        Assert.Equal(Errno.EEXIST, twice.Error);
        Assert.Contains("VXLAN 11259375 at UDP port 4790", twice.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void A_bridge_treats_its_port_as_it_is_told() => InNew(client =>
    {
        var (bridge, vxlan) = Bridged(client);
        Assert.Equal(new BridgePortInfo(true, true), client.FindLink("vx0")!.BridgePort);
        Assert.Null(client.FindLink("br0")!.BridgePort);
        client.SetBridgePort(vxlan, new BridgePortInfo(Learns: false, Floods: true));
        Assert.Equal((bridge, new BridgePortInfo(false, true)), (client.FindLink("vx0")!.Master, client.FindLink("vx0")!.BridgePort));
    });

    [Fact]
    public void Forwarding_is_said_listed_changed_and_forgotten() => InNew(client =>
    {
        var (bridge, vxlan) = Bridged(client);
        var forwarding = new ForwardingClient(client);
        var node = new ForwardingInfo(vxlan, "02:66:0a:09:00:01") { Destination = IPAddress.Parse("192.0.2.2"), IsFixed = true };
        var port = new ForwardingInfo(vxlan, "02:66:0a:09:00:01") { Master = bridge, IsFixed = true };
        for (int repeated = 0; repeated < 2; repeated++)
        {
            forwarding.SetNode(vxlan, Mac, node.Destination);
            forwarding.SetPort(vxlan, Mac);
            Assert.Equal([node, port], Ours().OrderBy(entry => entry.Master));
        }

        forwarding.SetNode(vxlan, Mac, IPAddress.Parse("192.0.2.3"));
        using var other = New();
        client.AddVeth(new VethPair { Name = "p0", PeerName = "eth0", PeerNamespace = other, Mtu = 1500, Master = bridge });
        int pair = client.FindLink("p0")!.Index;
        forwarding.SetPort(pair, Mac);
        Assert.Equal([node with { Destination = IPAddress.Parse("192.0.2.3") }, port with { LinkIndex = pair }], Ours().OrderBy(entry => entry.Master));
        for (int repeated = 0; repeated < 2; repeated++)
        {
            forwarding.DeleteNode(vxlan, Mac);
            forwarding.DeletePort(pair, Mac);
        }

        Assert.Empty(Ours());

        IEnumerable<ForwardingInfo> Ours() => forwarding.Entries().Where(entry => entry.MacAddress == "02:66:0a:09:00:01");
    });

    [Fact]
    public void A_neighbour_that_was_said_is_listed_with_its_card_and_forgotten() => InNew(client =>
    {
        var (_, vxlan) = Bridged(client);
        File.WriteAllText("/proc/thread-self/root/proc/sys/net/ipv6/conf/vx0/disable_ipv6", "0");
        foreach (var address in new[] { IPAddress.Parse("10.9.0.7"), IPAddress.Parse("fd09::7") })
        {
            client.SetNeighbor(vxlan, address, Mac);
            client.SetNeighbor(vxlan, address, Mac);
            var said = new NeighborInfo(vxlan, address) { MacAddress = "02:66:0a:09:00:01", IsPermanent = true };
            Assert.Contains(said, client.Neighbors());
            client.DeleteNeighbor(said);
            client.DeleteNeighbor(said);
            Assert.DoesNotContain(said, client.Neighbors());
        }
    });

    [Fact]
    public void A_plug_holds_from_the_first_packet_and_lets_out_in_order() => InNew(client =>
    {
        const int Packets = 50;
        const int BytesMax = 1 << 20;
        using var other = New();
        int link = Pair(client, other);
        var queues = new QueueClient(client);
        Assert.Empty(queues.Queues());
        queues.Plug(link, BytesMax);
        queues.Plug(link, BytesMax);
        using var receiver = In(other, _ => Bind("10.9.0.2"));
        using var sender = Bind("10.9.0.1");
        for (int number = 0; number < Packets; number++)
        {
            sender.SendTo(Encoding.ASCII.GetBytes($"{number}"), receiver.LocalEndPoint!);
        }

        Assert.False(receiver.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectRead));
        Assert.Equal(new QueueInfo(link, IsPlugged: true, Packets, 0), Assert.Single(queues.Queues()));
        queues.Open(link, BytesMax);
        byte[] buffer = new byte[64];
        Assert.Equal(Enumerable.Range(0, Packets).Select(number => $"{number}"), Enumerable.Range(0, Packets).Select(_ => Encoding.ASCII.GetString(buffer, 0, receiver.Receive(buffer))));
        Assert.Equal(new QueueInfo(link, IsPlugged: false, 0, 0), Assert.Single(queues.Queues()));
        queues.Remove(link);
        Assert.Empty(queues.Queues());
        queues.Open(link, BytesMax);
        Assert.Empty(queues.Queues());
        sender.SendTo("free"u8, receiver.LocalEndPoint!);
        Assert.Equal(4, receiver.Receive(buffer));
    });

    [Fact]
    public void What_does_not_fit_into_a_plug_is_counted() => InNew(client =>
    {
        using var other = New();
        int link = Pair(client, other);
        var queues = new QueueClient(client);
        queues.Plug(link, 4096);
        using var sender = Bind("10.9.0.1");
        for (int number = 0; number < 10; number++)
        {
            sender.SendTo(new byte[1000], new IPEndPoint(IPAddress.Parse("10.9.0.2"), 9));
        }

        var queue = Assert.Single(queues.Queues());
        Assert.Equal((3, 7), (queue.Waiting, queue.Dropped));
    });

    [Fact]
    public void Another_s_token_bucket_is_no_plug() => InNew(client =>
    {
        using var other = New();
        int link = Pair(client, other);
        using var tc = System.Diagnostics.Process.Start("tc", ["qdisc", "add", "dev", "near0", "root", "tbf", "rate", "1mbit", "burst", "3000", "limit", "10000"]);
        tc.WaitForExit();
        Assert.Equal(0, tc.ExitCode);
        Assert.Empty(new QueueClient(client).Queues());
        Assert.NotEqual(0, link);
    });

    private static int Pair(RouteClient client, Descriptor other)
    {
        client.AddVeth(new VethPair { Name = "near0", PeerName = "far0", PeerNamespace = other, PeerMacAddress = Mac, Mtu = 1500 });
        int link = client.FindLink("near0")!.Index;
        client.AddAddress(link, IPAddress.Parse("10.9.0.1"), 24);
        client.SetNeighbor(link, IPAddress.Parse("10.9.0.2"), Mac);
        In(other, there =>
        {
            int far = there.FindLink("far0")!.Index;
            there.AddAddress(far, IPAddress.Parse("10.9.0.2"), 24);
            there.SetUp(far);
            return 0;
        });
        return link;
    }

    private static (int Bridge, int Vxlan) Bridged(RouteClient client)
    {
        client.AddBridge("br0", 1500, Mac);
        int bridge = client.FindLink("br0")!.Index;
        using var own = NamespaceThread.OpenOwn(NamespaceKind.Network);
        client.AddVxlan(new VxlanLink { Name = "vx0", Namespace = own, Vxlan = Vxlan, Mtu = 1500 });
        int vxlan = client.FindLink("vx0")!.Index;
        client.SetMaster(vxlan, bridge);
        return (bridge, vxlan);
    }

    private static Socket Bind(string address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        return socket;
    }

    private static Descriptor New() => NamespaceThread.RunInNew(NamespaceKind.Network, () =>
    {
        Quiet();
        return NamespaceThread.OpenOwn(NamespaceKind.Network);
    });

    /// <summary>Interfaces that are made from now on say nothing by themselves, as IPv6 does.</summary>
    private static void Quiet() => File.WriteAllText("/proc/thread-self/root/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");

    private static T In<T>(Descriptor other, Func<RouteClient, T> body) => NamespaceThread.Run(other, NamespaceKind.Network, () =>
    {
        using var there = new RouteClient();
        return body(there);
    });

    private static void InNew(Action<RouteClient> test) => NamespaceThread.RunInNew(NamespaceKind.Network, () =>
    {
        Quiet();
        using var client = new RouteClient();
        test(client);
        return 0;
    });
}
