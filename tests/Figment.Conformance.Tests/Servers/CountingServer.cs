using System.Net.Sockets;
using System.Text;

namespace Figment.Conformance.Tests.Servers;

/// <summary>An HTTP server that counts requests and keeps connections.</summary>
internal static class CountingServer
{
    private static long s_count;

    public static async Task RunAsync(int port)
    {
        using var listener = TcpListener.Create(port);
        listener.Start();
        while (true)
        {
            _ = ServeAsync(await listener.AcceptTcpClientAsync());
        }
    }

    private static async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            await using NetworkStream stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII);
            while (await reader.ReadLineAsync() is not null)
            {
                while (await reader.ReadLineAsync() is { Length: > 0 })
                {
                }

                string body = Interlocked.Increment(ref s_count).ToString(System.Globalization.CultureInfo.InvariantCulture);
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
            }
        }
    }
}
