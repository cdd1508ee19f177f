using System.Diagnostics;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;
using Figment.Linux.Polling;
using Figment.Linux.Processes;

namespace Figment.Linux.Sockets;

/// <summary>One end of a pair of Unix sockets that keep messages whole (SOCK_SEQPACKET). Blocking; one reader and one writer at a time.</summary>
public sealed unsafe class PacketSocket : IDisposable
{
    private const int AF_UNIX = 1;
    private const int SOCK_SEQPACKET = 5;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int MSG_PEEK = 0x2;
    private const int MSG_TRUNC = 0x20;
    private const int MSG_NOSIGNAL = 0x4000;

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

    /// <summary>The next message, whole; null: the other end is closed, or who was to send has ended, whose children may have that end, too, and say nothing.</summary>
    /// <param name="sender">Who has the other end.</param>
    /// <param name="limit">How long to wait for it.</param>
    /// <exception cref="TimeoutException">None came.</exception>
    public byte[]? Receive(Pidfd sender, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(sender);
        if (!Await(sender, limit))
        {
            return null;
        }

        nint length = Receive(null, 0, MSG_PEEK | MSG_TRUNC);
        if (length == 0)
        {
            return null;
        }

        byte[] message = new byte[length];
        fixed (byte* start = message)
        {
            Receive(start, length, 0);
        }

        return message;
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>False: the sender has ended, and has left nothing to read.</summary>
    private bool Await(Pidfd sender, TimeSpan limit)
    {
        long begun = Stopwatch.GetTimestamp();
        Libc.Pollfd* asked = stackalloc Libc.Pollfd[2];
        while (limit - Stopwatch.GetElapsedTime(begun) is var left && left > TimeSpan.Zero)
        {
            asked[0] = new Libc.Pollfd { fd = _socket.Number, events = (short)PollEvents.Readable };
            asked[1] = new Libc.Pollfd { fd = sender.Descriptor.Number, events = (short)PollEvents.Readable };
            int ready = Libc.poll(asked, 2, Math.Max(1, (int)left.TotalMilliseconds));
            if (ready < 0 && LinuxException.Last("poll(2)", $"packet socket {_socket.Number}") is var error && error.Error != Errno.EINTR)
            {
                throw error;
            }

            if (ready > 0)
            {
                // It may have said its last word between the two looks.
                return asked[0].revents != 0 || Libc.poll(asked, 1, 0) > 0;
            }
        }

        throw new TimeoutException($"no message within {limit.TotalSeconds:0.###} s");
    }

    private nint Receive(byte* into, nint length, int flags)
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
                case Errno.ECONNRESET:
                    // It was closed with a message of ours unread.
                    return 0;
                default:
                    throw error;
            }
        }
    }
}
