using System.Net;
using System.Net.Sockets;
using Figment.Linux.Errors;
using Figment.Linux.Splicing;

namespace Figment.Linux.Tests.Splicing;

public sealed class NetworkSocketTests
{
    [Theory]
    [InlineData("192.0.2.7", 53)]
    [InlineData("2001:db8::7", 65535)]
    [InlineData("fe80::1%3", 1)]
    public void A_socket_name_is_written_and_read(string address, int port)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(address), port);
        byte[] bytes = new byte[SocketName.BytesMax];
        int length = SocketName.Write(endPoint, bytes);

        Assert.Equal(endPoint, SocketName.Read(bytes.AsSpan(0, length)));
        Assert.Null(SocketName.Read(bytes.AsSpan(0, length - 1)));
    }

    [Fact]
    public void A_listener_for_both_families_names_IPv4_clients_by_IPv4()
    {
        using var listener = NetworkSocket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0), SocketKind.Stream, 8, dualStack: true);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(IPAddress.Loopback, listener.LocalEndPoint.Port);
        using var server = listener.Accept(out var remote, out _);

        Assert.NotNull(server);
        Assert.Equal(client.LocalEndPoint, remote);
        Assert.Null(listener.Accept(out _, out var error));
        Assert.Equal(Errno.EAGAIN, error);
    }

    [Fact]
    public void A_taken_port_is_an_error_of_that_name()
    {
        using var first = NetworkSocket.Bind(new IPEndPoint(IPAddress.Loopback, 0), SocketKind.Stream, 8);
        var failure = Assert.Throws<LinuxException>(() => NetworkSocket.Bind(first.LocalEndPoint, SocketKind.Stream, 8));

        Assert.Equal(Errno.EADDRINUSE, failure.Error);
    }

    [Fact]
    public void A_pipe_carries_from_socket_to_socket_and_counts_what_it_holds()
    {
        using var from = new Pair();
        using var to = new Pair();
        using var pipe = new SplicePipe();
        from.Client.Send("there"u8);

        Assert.Equal(5, pipe.Fill(from.Server.Descriptor));
        Assert.Equal(5, pipe.Held);
        Assert.Equal(5, pipe.Drain(to.Server.Descriptor));
        Assert.Equal(0, pipe.Held);
        Assert.Equal(-(int)Errno.EAGAIN, pipe.Fill(from.Server.Descriptor));
        byte[] buffer = new byte[16];
        Assert.Equal("there"u8, buffer.AsSpan(0, to.Client.Receive(buffer)));
        from.Client.Shutdown(SocketShutdown.Send);
        Assert.True(from.Client.Poll(0, SelectMode.SelectWrite));
        Assert.Equal(0, pipe.Fill(from.Server.Descriptor));
    }

    /// <summary>A connection over loopback: .NET's end and ours.</summary>
    private sealed class Pair : IDisposable
    {
        internal Pair()
        {
            using var listener = NetworkSocket.Bind(new IPEndPoint(IPAddress.Loopback, 0), SocketKind.Stream, 1);
            Client.Connect(listener.LocalEndPoint);
            Server = listener.Accept(out _, out var error) ?? throw new LinuxException(error, "accept4(2)", "pair");
        }

        internal Socket Client { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        internal NetworkSocket Server { get; }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
