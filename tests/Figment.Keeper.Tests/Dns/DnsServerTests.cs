using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using DnsClient;
using Figment.Keeper.Dns;
using Figment.Keeper.Fabric;
using Figment.Keeper.Tests.Fabric;
using Figment.Model.Launch;
using static Figment.Keeper.Tests.Fabric.TestNode;
using DnsResponseCode = Figment.Keeper.Dns.DnsResponseCode;

namespace Figment.Keeper.Tests.Dns;

public sealed class DnsServerTests : IDisposable
{
    private const string Gateway = "10.77.1.1";

    private readonly TestNode _node = new();

    [Fact]
    public void A_resolver_finds_a_machine_by_name_and_address()
    {
        var fabric = Shop();
        In(fabric, "web-1", () =>
        {
            var client = new LookupClient(new LookupClientOptions(IPAddress.Parse(Gateway)) { UseCache = false, Retries = 0 });
            Assert.Equal(["10.77.1.2", "10.77.1.3"], client.Query("web", QueryType.A).Answers.ARecords().Select(record => record.Address.ToString()).Order());
            var reverse = client.QueryReverse(IPAddress.Parse("10.77.1.3"));
            Assert.Equal("web-2.shop.", reverse.Answers.PtrRecords().Single().PtrDomainName.Value);
            Assert.True(client.Query("nobody", QueryType.A).HasError);
            Assert.Equal(["10.77.1.3"], new LookupClient(new LookupClientOptions(IPAddress.Parse(Gateway)) { UseTcpOnly = true }).Query("web-2.shop", QueryType.A).Answers.ARecords().Select(record => record.Address.ToString()));
            return 0;
        });
    }

    [Fact]
    public void Names_lead_where_they_say()
    {
        var fabric = Shop();
        using var listener = In(fabric, "web-2", () => Wire.Listen(IPAddress.Any, 80));
        using var client = In(fabric, "web-1", () => Wire.Connect(Packets.Addresses(Packets.AskUdp(Gateway, Packets.Query("web-2", DnsType.A))).Single(), 80));
        using var server = Wire.Accept(listener);

        Wire.AssertCarries(client, server);
    }

    [Fact]
    public void Several_questions_in_one_connection_are_answered_in_order()
    {
        var fabric = Shop();
        var answers = In(fabric, "web-1", () => Packets.AskTcp(Gateway, Packets.Query("web-1", DnsType.A, id: 1), Packets.Query("nobody", DnsType.A, id: 2), Packets.Query("web-2", DnsType.A, id: 3)));

        Assert.Equal([1, 2, 3], answers.Select(answer => (int)BinaryPrimitives.ReadUInt16BigEndian(answer)));
        Assert.Equal([0, 3, 0], answers.Select(Packets.Code));
    }

    [Fact]
    public void Without_servers_to_ask_foreign_names_fail_at_once()
    {
        var fabric = Shop();

        Assert.Equal((int)DnsResponseCode.ServerFailure, Packets.Code(In(fabric, "web-1", () => Packets.AskUdp(Gateway, Packets.Query("example.com", DnsType.A)))));
    }

    [Fact]
    public void Foreign_names_are_asked_of_the_node_s_servers_over_both_transports()
    {
        using var upstream = new Upstream(_node);
        var fabric = Shop("198.51.100.2");
        byte[] udp = In(fabric, "web-1", () => Packets.AskUdp(Gateway, Packets.Query("example.com", DnsType.A, id: 99)));
        byte[] tcp = In(fabric, "web-1", () => Packets.AskTcp(Gateway, Packets.Query("example.com", DnsType.A, id: 98)))[0];

        Assert.Equal([Upstream.Address], Packets.Addresses(udp));
        Assert.Equal([Upstream.Address], Packets.Addresses(tcp));
        Assert.Equal([99, 98], new[] { udp, tcp }.Select(answer => (int)BinaryPrimitives.ReadUInt16BigEndian(answer)));
    }

    [Fact]
    public void A_cut_answer_is_passed_on_cut()
    {
        using var upstream = new Upstream(_node);
        var fabric = Shop("198.51.100.2");

        Assert.True(Packets.IsCut(In(fabric, "web-1", () => Packets.AskUdp(Gateway, Packets.Query("long.example.com", DnsType.A)))));
        Assert.False(Packets.IsCut(In(fabric, "web-1", () => Packets.AskTcp(Gateway, Packets.Query("long.example.com", DnsType.A)))[0]));
    }

    [Fact]
    public void Forged_answers_are_passed_over_and_a_dead_server_gives_way_to_the_next()
    {
        using var upstream = new Upstream(_node);
        var fabric = Shop("127.0.0.99", "198.51.100.2");

        Assert.Equal([Upstream.Address], Packets.Addresses(In(fabric, "web-1", () => Packets.AskUdp(Gateway, Packets.Query("forged.example.com", DnsType.A)))));
    }

    [Fact]
    public void A_silent_server_ends_in_failure_before_resolvers_give_up()
    {
        using var silent = _node.InOutside(() => Wire.Bind(IPAddress.Any, 53));
        var fabric = Shop("198.51.100.2");

        Assert.Equal((int)DnsResponseCode.ServerFailure, Packets.Code(In(fabric, "web-1", () => Packets.AskUdp(Gateway, Packets.Query("example.com", DnsType.A)))));
    }

    [Fact]
    public void Another_version_of_EDNS_is_refused_as_the_standard_says()
    {
        var fabric = Shop();
        byte[] query = Packets.Query("web-1", DnsType.A, edns: 1232);
        query[^5] = 1;
        byte[] reply = In(fabric, "web-1", () => Packets.AskUdp(Gateway, query));

        Assert.Equal((0, 1), (Packets.Code(reply), reply[^6]));
    }

    public void Dispose() => _node.Dispose();

    private ApplicationFabric Shop(params string[] upstream)
    {
        var fabric = _node.Fabric("shop");
        ApplicationLaunch launch = _node.Launch("shop", NewTag(), [Network("default", 0, 1)], Machine("web-1", Interface("default", 1, 2)), Machine("web-2", Interface("default", 1, 3)));
        fabric.Apply(launch with { UpstreamDns = upstream });
        return fabric;
    }

    /// <summary>A server outside that answers every name with one address, names with "long" cut over UDP, and before names with "forged" sends answers that are not to be believed.</summary>
    private sealed class Upstream : IDisposable
    {
        internal static readonly IPAddress Address = IPAddress.Parse("192.0.2.7");

        private readonly Socket _datagrams;
        private readonly Socket _connections;

        internal Upstream(TestNode node)
        {
            _datagrams = node.InOutside(() => Wire.Bind(IPAddress.Any, 53));
            _datagrams.ReceiveTimeout = 0;
            _connections = node.InOutside(() => Wire.Listen(IPAddress.Any, 53));
            new Thread(ServeDatagrams) { IsBackground = true }.Start();
            new Thread(ServeConnections) { IsBackground = true }.Start();
        }

        public void Dispose()
        {
            _datagrams.Dispose();
            _connections.Dispose();
        }

        private static byte[] Reply(byte[] message) => DnsReply.Write(Packets.Read(message), new DnsAnswer { Addresses = [Address] }, 0, 512);

        private void ServeDatagrams() => UntilClosed(() =>
        {
            byte[] buffer = new byte[512];
            EndPoint client = new IPEndPoint(IPAddress.Any, 0);
            byte[] message = buffer[.._datagrams.ReceiveFrom(buffer, ref client)];
            byte[] reply = Reply(message);
            if (Packets.Read(message).Name.StartsWith("long", StringComparison.Ordinal))
            {
                reply[2] |= 2;
            }

            if (Packets.Read(message).Name.StartsWith("forged", StringComparison.Ordinal))
            {
                byte[] otherId = [.. reply];
                otherId[1] ^= 1;
                otherId[^1] = 66;
                byte[] otherName = Reply(Packets.Query("evil.example.com", DnsType.A, id: BinaryPrimitives.ReadUInt16BigEndian(message)));
                _datagrams.SendTo(otherId, client);
                _datagrams.SendTo(otherName, client);
            }

            _datagrams.SendTo(reply, client);
        });

        private void ServeConnections() => UntilClosed(() =>
        {
            using var client = _connections.Accept();
            byte[] message = Packets.Exactly(client, BinaryPrimitives.ReadUInt16BigEndian(Packets.Exactly(client, 2)));
            byte[] reply = Reply(message);
            client.Send([(byte)(reply.Length >> 8), (byte)reply.Length, .. reply]);
        });

        private static void UntilClosed(Action serve)
        {
            while (true)
            {
                try
                {
                    serve();
                }
                catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
                {
                    return;
                }
            }
        }
    }
}
