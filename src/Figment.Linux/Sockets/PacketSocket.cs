using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Sockets;

/// <summary>One end of a pair of Unix sockets that keep messages whole (SOCK_SEQPACKET). Blocking; one reader and one writer at a time.</summary>
public sealed unsafe class PacketSocket : IDisposable
{
    private const int AF_UNIX = 1;
    private const int SOCK_SEQPACKET = 5;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int SOL_SOCKET = 1;
    private const int SO_RCVTIMEO = 20;
    private const int MSG_PEEK = 0x2;
    private const int MSG_TRUNC = 0x20;
    private const int MSG_NOSIGNAL = 0x4000;
    private const long MicrosecondsPerSecond = 1_000_000;

    private readonly Descriptor _socket;

    private PacketSocket(Descriptor socket) => _socket = socket;

    /// <summary>The other end is for another process; both are close-on-exec.</summary>
    public static (PacketSocket Own, Descriptor Other) Pair()
    {
        int* ends = stackalloc int[2];
        LinuxException.ThrowIfNegative(Libc.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair(2)", "AF_UNIX SOCK_SEQPACKET");
        return (new PacketSocket(new Descriptor(ends[0])), new Descriptor(ends[1]));
    }

    public void Send(ReadOnlySpan<byte> message)
    {
        fixed (byte* start = message)
        {
            while (Libc.send(_socket.Number, start, (nuint)message.Length, MSG_NOSIGNAL) < 0)
            {
                var error = LinuxException.Last("send(2)", $"packet socket {_socket.Number}");
                if (error.Error != Errno.EINTR)
                {
                    throw error;
                }
            }
        }
    }

    /// <summary>The next message, whole; null: the other end is closed.</summary>
    /// <param name="limit">How long to wait for it.</param>
    /// <exception cref="TimeoutException">None came.</exception>
    public byte[]? Receive(TimeSpan limit)
    {
        long us = Math.Max(1, (long)limit.TotalMicroseconds);
        long* timeout = stackalloc long[] { us / MicrosecondsPerSecond, us % MicrosecondsPerSecond };
        LinuxException.ThrowIfNegative(Libc.setsockopt(_socket.Number, SOL_SOCKET, SO_RCVTIMEO, timeout, 2 * sizeof(long)), "setsockopt(2) SO_RCVTIMEO", $"packet socket {_socket.Number}");
        nint length = Receive(null, 0, MSG_PEEK | MSG_TRUNC, limit);
        if (length == 0)
        {
            return null;
        }

        byte[] message = new byte[length];
        fixed (byte* start = message)
        {
            Receive(start, length, 0, limit);
        }

        return message;
    }

    public void Dispose() => _socket.Dispose();

    private nint Receive(byte* into, nint length, int flags, TimeSpan limit)
    {
        while (true)
        {
            nint received = Libc.recv(_socket.Number, into, (nuint)length, flags);
            if (received >= 0)
            {
                return received;
            }

            var error = LinuxException.Last("recv(2)", $"packet socket {_socket.Number}");
            switch (error.Error)
            {
                case Errno.EINTR:
                    break;
                case Errno.EAGAIN:
                    throw new TimeoutException($"no message within {limit.TotalSeconds:0.###} s");
                case Errno.ECONNRESET:
                    // It was closed with a message of ours unread.
                    return 0;
                default:
                    throw error;
            }
        }
    }
}
