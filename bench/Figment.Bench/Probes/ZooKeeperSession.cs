using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Figment.Bench.Probes;

/// <summary>One client's session with one member: ZooKeeper's own protocol, as far as reading takes it. One request at a time.</summary>
internal sealed class ZooKeeperSession : IDisposable
{
    public const int Port = 2181;
    private const int SessionTimeoutMs = 10_000;
    private const int PasswordBytes = 16;
    private const int GetData = 4;
    private const int ReplyBytesMax = 1 << 20;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private int _requests;

    private ZooKeeperSession()
    {
    }

    /// <exception cref="IOException">The member does not serve.</exception>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    public static async Task<ZooKeeperSession> OpenAsync(IPAddress host, CancellationToken cancellation)
    {
        var session = new ZooKeeperSession();
        try
        {
            await session._socket.ConnectAsync(new IPEndPoint(host, Port), cancellation);
            // ConnectRequest: version, last zxid seen, time-out, session, password.
            byte[] request = new byte[28 + PasswordBytes];
            BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(12), SessionTimeoutMs);
            BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(24), PasswordBytes);
            await session.SendAsync(request, cancellation);
            await session.ReceiveAsync(cancellation);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <exception cref="IOException">The connection has ended, or the member says that it failed.</exception>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public async Task ReadAsync(string path, CancellationToken cancellation)
    {
        // RequestHeader (number, operation), path, no watch.
        byte[] request = new byte[13 + Encoding.UTF8.GetByteCount(path)];
        int number = ++_requests;
        BinaryPrimitives.WriteInt32BigEndian(request, number);
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(4), GetData);
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(8), request.Length - 13);
        Encoding.UTF8.GetBytes(path, request.AsSpan(12));
        await SendAsync(request, cancellation);
        byte[] reply = await ReceiveAsync(cancellation);
        // ReplyHeader: number, zxid, error.
        int error = BinaryPrimitives.ReadInt32BigEndian(reply.AsSpan(12));
        if (error != 0 || BinaryPrimitives.ReadInt32BigEndian(reply) != number)
        {
            throw new IOException($"ZooKeeper says {error}");
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task SendAsync(byte[] packet, CancellationToken cancellation)
    {
        byte[] framed = new byte[4 + packet.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed, packet.Length);
        packet.CopyTo(framed, 4);
        await _socket.SendAsync(framed, cancellation);
    }

    private async Task<byte[]> ReceiveAsync(CancellationToken cancellation)
    {
        byte[] length = await ReceiveAsync(4, cancellation);
        int bytes = BinaryPrimitives.ReadInt32BigEndian(length);
        return bytes is >= 16 and <= ReplyBytesMax ? await ReceiveAsync(bytes, cancellation) : throw new IOException($"a reply of {bytes} bytes");
    }

    private async Task<byte[]> ReceiveAsync(int bytes, CancellationToken cancellation)
    {
        byte[] buffer = new byte[bytes];
        for (int received = 0; received < bytes;)
        {
            int count = await _socket.ReceiveAsync(buffer.AsMemory(received), cancellation);
            received += count > 0 ? count : throw new IOException("the connection has ended");
        }

        return buffer;
    }
}
