using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Figment.Conformance.Tests.Servers;

/// <summary>An HTTP server on a dual-stack socket, as .NET's own servers open it, that tells its caller's address.</summary>
internal static class GreetingServer
{
    public static async Task RunAsync(int port)
    {
        using var listener = TcpListener.Create(port);
        listener.Start();
        while (true)
        {
            using TcpClient client = await listener.AcceptTcpClientAsync();
            await using NetworkStream stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII);
            while (await reader.ReadLineAsync() is { Length: > 0 })
            {
            }

            var caller = (IPEndPoint)client.Client.RemoteEndPoint!;
            string body = $".NET greets {caller.Address.MapToIPv4()} from {Dns.GetHostName()}\n";
            string answer = $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
        }
    }
}
