using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Figment.EndToEnd.Tests;

/// <summary>A TCP client on the node that says one line and reads one answer.</summary>
internal static class Client
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>None that the kernel gives to whoever asks for any, as a daemon that is just starting does (net.ipv4.ip_local_port_range).</summary>
    public static int FreePort()
    {
        const int First = 20_000;
        const int End = 32_768;
        while (true)
        {
            int port = RandomNumberGenerator.GetInt32(First, End);
            using var listener = new TcpListener(IPAddress.Any, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another one.
            }
        }
    }

    public static Task<Socket> ConnectAsync(int port) => ConnectAsync(IPAddress.Loopback, port);

    public static async Task<Socket> ConnectAsync(IPAddress address, int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var timeout = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(address, port, timeout.Token);
        return socket;
    }

    public static async Task<string> AskAsync(Socket socket, string line)
    {
        using var timeout = new CancellationTokenSource(Patience);
        await socket.SendAsync(Encoding.ASCII.GetBytes(line + "\r\n"), timeout.Token);
        var buffer = new byte[4096];
        int count = await socket.ReceiveAsync(buffer, timeout.Token);
        return Encoding.ASCII.GetString(buffer, 0, count).TrimEnd();
    }

    public static Task<string> AskAsync(int port, string line) => AskAsync(IPAddress.Loopback, port, line);

    public static async Task<string> AskAsync(IPAddress address, int port, string line)
    {
        using var socket = await ConnectAsync(address, port);
        return await AskAsync(socket, line);
    }
}
