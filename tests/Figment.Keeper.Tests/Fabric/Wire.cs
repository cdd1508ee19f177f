using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Figment.Keeper.Tests.Fabric;

/// <summary>Plain sockets of the calling thread's namespace, with time-outs.</summary>
internal static class Wire
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long a test waits for what must not come.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(700);

    internal static Socket Listen(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen(512);
        return socket;
    }

    internal static Socket Bind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = (int)Patience.TotalMilliseconds };
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    }

    internal static Socket Connect(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.ReceiveTimeout = socket.SendTimeout = (int)Patience.TotalMilliseconds;
        if (!socket.ConnectAsync(address, port).Wait(Patience))
        {
            socket.Dispose();
            throw new TimeoutException($"no connection to {address}:{port}");
        }

        return socket;
    }

    /// <summary>True if a connection is neither made nor refused.</summary>
    internal static bool IsSilent(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            return !socket.ConnectAsync(address, port).Wait(Silence);
        }
        catch (AggregateException exception) when (exception.InnerException is SocketException { SocketErrorCode: SocketError.NetworkUnreachable or SocketError.HostUnreachable })
        {
            return true;
        }
    }

    internal static Socket Accept(Socket listener)
    {
        var accepted = listener.AcceptAsync();
        if (!accepted.Wait(Patience))
        {
            throw new TimeoutException($"nobody connected to {listener.LocalEndPoint}");
        }

        accepted.Result.ReceiveTimeout = accepted.Result.SendTimeout = (int)Patience.TotalMilliseconds;
        return accepted.Result;
    }

    internal static IPAddress RemoteAddress(Socket socket) => ((IPEndPoint)socket.RemoteEndPoint!).Address;

    internal static void Send(Socket socket, string text) => Assert.Equal(text.Length, socket.Send(Encoding.ASCII.GetBytes(text)));

    internal static string Receive(Socket socket)
    {
        byte[] buffer = new byte[4096];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }

    internal static void AssertCarries(Socket client, Socket server)
    {
        Send(client, "there");
        Assert.Equal("there", Receive(server));
        Send(server, "and back");
        Assert.Equal("and back", Receive(client));
    }
}
