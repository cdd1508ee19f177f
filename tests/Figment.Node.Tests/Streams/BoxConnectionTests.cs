using System.Net.Sockets;
using System.Text;
using Figment.Model.Control;
using Figment.Node.Streams;
using Figment.Node.Tests.Support;

namespace Figment.Node.Tests.Streams;

public sealed class BoxConnectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Input_that_a_box_takes_no_more_does_not_cut_off_its_last_words()
    {
        byte[] words = Encoding.ASCII.GetBytes(new string('x', 150_000) + "exit");
        using var box = Listen("box.sock");
        var opening = BoxConnection.OpenAsync("web-1", _folder.At("box.sock"), new StreamRequest.Attach { Stdin = true }, TestContext.Current.CancellationToken);
        using var boxEnd = await box.AcceptAsync(TestContext.Current.CancellationToken);
        await boxEnd.SendAsync("{}\n"u8.ToArray());
        await using var connection = await opening;

        // The client reads nothing yet and its connection holds little: most of the words are still with the box when input comes.
        using var clients = Listen("client.sock");
        using var daemonEnd = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendBufferSize = 4_096 };
        await daemonEnd.ConnectAsync(new UnixDomainSocketEndPoint(_folder.At("client.sock")), TestContext.Current.CancellationToken);
        using var client = await clients.AcceptAsync(TestContext.Current.CancellationToken);
        await boxEnd.SendAsync(words);
        boxEnd.Shutdown(SocketShutdown.Both);
        var carrying = CarryAsync(connection, daemonEnd);
        await client.SendAsync("input"u8.ToArray());
        await Task.Delay(100, TestContext.Current.CancellationToken);

        Assert.Equal(words, await ReadAllAsync(client));
        await carrying;
    }

    private static async Task CarryAsync(BoxConnection connection, Socket daemonEnd)
    {
        await using var stream = new NetworkStream(daemonEnd, ownsSocket: true);
        await connection.CarryAsync(stream, TestContext.Current.CancellationToken);
    }

    private static async Task<byte[]> ReadAllAsync(Socket socket)
    {
        using var all = new MemoryStream();
        await using var stream = new NetworkStream(socket);
        await stream.CopyToAsync(all, TestContext.Current.CancellationToken);
        return all.ToArray();
    }

    private Socket Listen(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder.At(name)));
        socket.Listen();
        return socket;
    }
}
