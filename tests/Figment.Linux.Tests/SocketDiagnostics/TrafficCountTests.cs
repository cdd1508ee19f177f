using System.Net;
using System.Net.Sockets;
using System.Text;
using Figment.Linux.SocketDiagnostics;

namespace Figment.Linux.Tests.SocketDiagnostics;

public sealed class TrafficCountTests
{
    private const string Text = """
        Ip: Forwarding DefaultTTL
        Ip: 1 64
        Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs
        Tcp: 1 200 120000 -1 4 5 6 7 8 90 100 1
        Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors
        Udp: 7 1 2 5 0
        UdpLite: InDatagrams
        UdpLite: 9

        """;

    [Fact]
    public void A_connection_and_what_it_carries_moves_the_count_of_segments()
    {
        using var count = new TrafficCount(Environment.ProcessId);
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        long before = count.Read().Segments;
        using var client = new TcpClient();
        client.Connect((IPEndPoint)server.LocalEndpoint);
        long connected = count.Read().Segments;
        client.Client.Send(new byte[1]);

        // Others on this machine may send, too.
        Assert.True(connected - before >= 6);
        Assert.True(count.Read().Segments - connected >= 2);
    }

    [Fact]
    public void Segments_and_datagrams_are_read()
    {
        Assert.Equal(190, TrafficCount.Segments(Encoding.ASCII.GetBytes(Text)));
        Assert.Equal(12, TrafficCount.Datagrams(Encoding.ASCII.GetBytes(Text)));
        Assert.Equal(0, TrafficCount.Datagrams("\nUdp: InDatagrams NoPorts InErrors OutDatagrams\nUdp: 0 0 0 0"u8));
        Assert.Equal(30, TrafficCount.DatagramsOfVersion6("Ip6InReceives 1\nUdp6InDatagrams   \t10\nUdp6NoPorts 4\nUdp6OutDatagrams 20\n"u8));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(false, "00000000000000000000000000000001 01 80 10 80       lo")]
    [InlineData(true, "00000000000000000000000000000001 01 80 10 80       lo", "fd000000000000000000000000000003 02 40 00 80     eth0")]
    public void An_address_other_than_the_loopbacks_is_one(bool expected, params string[] lines) => Assert.Equal(expected, TrafficCount.HasAddress(lines));

    [Theory]
    [InlineData("")]
    [InlineData("Udp: \n")]
    [InlineData("\nUdp: InDatagrams\nUdp: x")]
    [InlineData("\nUdp: InDatagrams\nUdp: 1 2")]
    public void What_has_no_counts_is_refused(string text)
    {
        Assert.Throws<InvalidDataException>(() => TrafficCount.Datagrams(Encoding.ASCII.GetBytes(text)));
        Assert.Throws<InvalidDataException>(() => TrafficCount.Segments(Encoding.ASCII.GetBytes(text)));
    }
}
