using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Figment.Box.Tests.Harness;

/// <summary>Clients in the client's namespace.</summary>
internal static class Clients
{
    public static Socket Connect(this TestNetwork network, int port, string? from = null) => network.InClient(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = (int)TestBox.Patience.TotalMilliseconds };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from ?? TestNetwork.ClientAddress), 0));
        socket.Connect(IPAddress.Parse(TestNetwork.MachineAddress), port);
        return socket;
    });

    public static Socket Datagrams(this TestNetwork network, int port) => network.InClient(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = (int)TestBox.Patience.TotalMilliseconds };
        socket.Connect(IPAddress.Parse(TestNetwork.MachineAddress), port);
        return socket;
    });

    /// <summary>Sends and reads until the text ends so, or the connection ends.</summary>
    public static string Ask(this Socket socket, string question, string until)
    {
        if (question.Length > 0)
        {
            socket.Send(Encoding.ASCII.GetBytes(question));
        }

        var answer = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!answer.ToString().EndsWith(until, StringComparison.Ordinal) && socket.Receive(buffer) is > 0 and var count)
        {
            answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return answer.ToString();
    }

    public static string ReadToEnd(this Socket socket) => socket.Ask("", "\0");
}
