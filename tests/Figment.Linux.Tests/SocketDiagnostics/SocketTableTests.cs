using System.Net;
using System.Net.Sockets;
using Figment.Linux.SocketDiagnostics;

namespace Figment.Linux.Tests.SocketDiagnostics;

public sealed class SocketTableTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Connections_are_listed_with_what_they_carried_and_whether_a_program_has_them(string address)
    {
        using var table = new SocketTable();
        using var server = new TcpListener(IPAddress.Parse(address), 0);
        server.Start();
        var endpoint = (IPEndPoint)server.LocalEndpoint;
        using var client = new TcpClient(endpoint.AddressFamily);
        client.Connect(endpoint);
        var own = (IPEndPoint)client.Client.LocalEndPoint!;
        ListedSocket Served() => table.TcpConnections().Single(socket => socket.Local.Port == endpoint.Port && socket.Remote.Port == own.Port);

        var waiting = Served();
        Assert.False(waiting.IsAccepted);
        Assert.True(waiting.IsInternal);
        Assert.Equal(own, waiting.RemoteEndPoint);
        client.Client.Send(new byte[1000]);
        using var accepted = server.AcceptSocket();
        Assert.Equal((true, 1000u), (Served().IsAccepted, Served().ReceiveQueue));
        Assert.Equal(waiting.PayloadBytes + 1000, Served().PayloadBytes);
        Assert.Equal(1000, accepted.Receive(new byte[2000]));
        Assert.Equal(0u, Served().ReceiveQueue);
        Assert.Equal(waiting.Cookie, Served().Cookie);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Connections_that_no_program_has_accepted_yet_are_counted(string address)
    {
        using var table = new SocketTable();
        int before = table.Pending().Unaccepted;
        using var server = new TcpListener(IPAddress.Parse(address), 0);
        server.Start();
        using var first = new TcpClient(address, ((IPEndPoint)server.LocalEndpoint).Port);
        using var second = new TcpClient(address, ((IPEndPoint)server.LocalEndpoint).Port);
        Assert.Equal(before + 2, table.Pending().Unaccepted);
        using var accepted = server.AcceptSocket();
        Assert.Equal(before + 1, table.Pending().Unaccepted);
    }

    [Fact]
    public void A_datagram_that_waits_is_found_and_one_that_was_read_is_counted()
    {
        using var table = new SocketTable();
        using var count = new TrafficCount(Environment.ProcessId);
        using var server = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)server.Client.LocalEndPoint!).Port;
        using var client = new UdpClient();
        long before = count.Read().Datagrams;

        client.Send(new byte[10], new IPEndPoint(IPAddress.Loopback, port));
        Assert.Contains(table.WaitingUdpSockets(), socket => socket.Local.Port == port);
        IPEndPoint? from = null;
        server.Receive(ref from);

        // Others on this machine may send, too.
        Assert.True(count.Read().Datagrams - before >= 2);
        Assert.DoesNotContain(table.WaitingUdpSockets(), socket => socket.Local.Port == port);
    }
}
