using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Internet;

/// <summary>Socket calls on descriptors, for sockets that come from or go to other processes and namespaces.</summary>
public static unsafe class InternetSocket
{
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;

    /// <summary>A new socket, close-on-exec, non-blocking, in the calling thread's network namespace.</summary>
    public static Descriptor Create(bool version6, bool stream) => new(LinuxException.ThrowIfNegative(
        Libc.socket(version6 ? Libc.AF_INET6 : Libc.AF_INET, (stream ? Libc.SOCK_STREAM : Libc.SOCK_DGRAM) | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0),
        "socket(2)",
        version6 ? "AF_INET6" : "AF_INET"));

    public static SocketIdentity Identify(Descriptor socket) =>
        TryIdentify(socket.Number, out var identity) ? identity : throw LinuxException.Last("getsockopt(2)", $"socket {socket.Number}");

    /// <summary>False if it is no socket.</summary>
    public static bool TryIdentify(Descriptor socket, out SocketIdentity identity) => TryIdentify(socket.Number, out identity);

    public static void Bind(Descriptor socket, InternetEndpoint endpoint)
    {
        byte* address = stackalloc byte[InternetEndpoint.BytesMax];
        int length = endpoint.Write(new Span<byte>(address, InternetEndpoint.BytesMax));
        LinuxException.ThrowIfNegative(Libc.bind(socket.Number, address, (uint)length), "bind(2)", endpoint.ToString());
    }

    public static void Listen(Descriptor socket, int backlog) =>
        LinuxException.ThrowIfNegative(Libc.listen(socket.Number, backlog), "listen(2)", $"socket {socket.Number}");

    /// <summary>Begins to connect; the outcome of a non-blocking one is <see cref="TakeError"/> once it is writable.</summary>
    public static void Connect(Descriptor socket, InternetEndpoint endpoint)
    {
        byte* address = stackalloc byte[InternetEndpoint.BytesMax];
        int length = endpoint.Write(new Span<byte>(address, InternetEndpoint.BytesMax));
        if (Libc.connect(socket.Number, address, (uint)length) != 0 && Marshal.GetLastPInvokeError() != (int)Errno.EINPROGRESS)
        {
            throw LinuxException.Last("connect(2)", endpoint.ToString());
        }
    }

    /// <summary>The next connection that waits, non-blocking; null if none does. The listener must be non-blocking.</summary>
    public static Descriptor? TryAccept(Descriptor listener)
    {
        while (true)
        {
            int accepted = Libc.accept4(listener.Number, null, null, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
            if (accepted >= 0)
            {
                return new Descriptor(accepted);
            }

            var error = LinuxException.Last("accept4(2)", $"socket {listener.Number}");
            switch (error.Error)
            {
                case Errno.EAGAIN:
                    return null;
                case Errno.EINTR or Errno.ECONNABORTED:
                    continue;
                default:
                    throw error;
            }
        }
    }

    /// <summary>Null if the socket is not of the Internet, or gone.</summary>
    public static InternetEndpoint? LocalEndpoint(Descriptor socket)
    {
        byte* address = stackalloc byte[InternetEndpoint.BytesMax];
        uint length = InternetEndpoint.BytesMax;
        return Libc.getsockname(socket.Number, address, &length) == 0
            && InternetEndpoint.TryParse(new ReadOnlySpan<byte>(address, (int)Math.Min(length, InternetEndpoint.BytesMax)), out var endpoint)
            ? endpoint
            : null;
    }

    /// <summary>Null if it is not connected (any more).</summary>
    public static InternetEndpoint? PeerEndpoint(Descriptor socket)
    {
        byte* address = stackalloc byte[InternetEndpoint.BytesMax];
        uint length = InternetEndpoint.BytesMax;
        return Libc.getpeername(socket.Number, address, &length) == 0
            && InternetEndpoint.TryParse(new ReadOnlySpan<byte>(address, (int)Math.Min(length, InternetEndpoint.BytesMax)), out var endpoint)
            ? endpoint
            : null;
    }

    /// <summary>A datagram that waits and who sent it; -1 if none does.</summary>
    public static int TryReceiveFrom(Descriptor socket, Span<byte> into, out InternetEndpoint from)
    {
        byte* address = stackalloc byte[InternetEndpoint.BytesMax];
        uint length = InternetEndpoint.BytesMax;
        fixed (byte* buffer = into)
        {
            nint count = Libc.recvfrom(socket.Number, buffer, (nuint)into.Length, Libc.MSG_DONTWAIT, address, &length);
            if (count < 0)
            {
                from = default;
                return Marshal.GetLastPInvokeError() == (int)Errno.EAGAIN ? -1 : throw LinuxException.Last("recvfrom(2)", $"socket {socket.Number}");
            }

            return InternetEndpoint.TryParse(new ReadOnlySpan<byte>(address, (int)Math.Min(length, InternetEndpoint.BytesMax)), out from)
                ? (int)count
                : throw new LinuxException(Errno.EINVAL, "recvfrom(2)", "a datagram without an Internet address");
        }
    }

    public static void SendTo(Descriptor socket, ReadOnlySpan<byte> datagram, InternetEndpoint to)
    {
        byte* address = stackalloc byte[InternetEndpoint.BytesMax];
        int length = to.Write(new Span<byte>(address, InternetEndpoint.BytesMax));
        fixed (byte* buffer = datagram)
        {
            LinuxException.ThrowIfNegative(Libc.sendto(socket.Number, buffer, (nuint)datagram.Length, 0, address, (uint)length), "sendto(2)", to.ToString());
        }
    }

    /// <summary>Names the socket for life, over duplicates and processes (SO_COOKIE).</summary>
    public static ulong Cookie(Descriptor socket)
    {
        ulong cookie;
        uint length = sizeof(ulong);
        LinuxException.ThrowIfNegative(Libc.getsockopt(socket.Number, Libc.SOL_SOCKET, Libc.SO_COOKIE, &cookie, &length), "getsockopt(2) SO_COOKIE", $"socket {socket.Number}");
        return cookie;
    }

    /// <summary>It takes connections.</summary>
    public static bool IsListening(Descriptor socket) => Integer(socket, Libc.SOL_SOCKET, Libc.SO_ACCEPTCONN) != 0;

    /// <summary>A TCP socket whose state is being read or written by who restores a connection (TCP_REPAIR).</summary>
    public static bool IsInRepair(Descriptor socket) => Integer(socket, Libc.IPPROTO_TCP, Libc.TCP_REPAIR) != 0;

    /// <summary>It is a connection like any other again, and asks the other end where they were.</summary>
    public static void EndRepair(Descriptor socket) => Set(socket, Libc.IPPROTO_TCP, Libc.TCP_REPAIR, 0, "TCP_REPAIR");

    /// <summary>Of a TCP socket.</summary>
    public static TcpState StateOf(Descriptor socket)
    {
        // The first byte of struct tcp_info.
        byte state;
        uint length = sizeof(byte);
        LinuxException.ThrowIfNegative(Libc.getsockopt(socket.Number, Libc.IPPROTO_TCP, Libc.TCP_INFO, &state, &length), "getsockopt(2) TCP_INFO", $"socket {socket.Number}");
        return (TcpState)state;
    }

    /// <summary>Bytes of a connection that came and were not read.</summary>
    public static int Unread(Descriptor socket) => Queued(socket, Libc.SIOCINQ, "SIOCINQ");

    /// <summary>Bytes of a connection that the other end has not acknowledged.</summary>
    public static int Untaken(Descriptor socket) => Queued(socket, Libc.SIOCOUTQ, "SIOCOUTQ");

    /// <summary>AF_INET6 for IPv6 alone.</summary>
    public static bool IsVersion6Only(Descriptor socket) => Integer(socket, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY) != 0;

    /// <summary>The error that a connect or transfer left, taken off the socket.</summary>
    public static Errno TakeError(Descriptor socket) => (Errno)Integer(socket, Libc.SOL_SOCKET, Libc.SO_ERROR);

    /// <summary>May bind to and send from addresses that are not the namespace's (CAP_NET_ADMIN).</summary>
    public static void SetTransparent(Descriptor socket, bool version6) =>
        Set(socket, version6 ? Libc.IPPROTO_IPV6 : Libc.IPPROTO_IP, version6 ? Libc.IPV6_TRANSPARENT : Libc.IP_TRANSPARENT, 1, "IP_TRANSPARENT");

    public static void SetMark(Descriptor socket, int mark) => Set(socket, Libc.SOL_SOCKET, Libc.SO_MARK, mark, "SO_MARK");

    public static void SetReuseAddress(Descriptor socket) => Set(socket, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1, "SO_REUSEADDR");

    public static void SetVersion6Only(Descriptor socket, bool only) => Set(socket, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, only ? 1 : 0, "IPV6_V6ONLY");

    /// <summary>Says that nothing more will be sent; nothing if the other end is gone already.</summary>
    public static void EndSending(Descriptor socket)
    {
        if (Libc.shutdown(socket.Number, Libc.SHUT_WR) != 0 && Marshal.GetLastPInvokeError() != (int)Errno.ENOTCONN)
        {
            throw LinuxException.Last("shutdown(2)", $"socket {socket.Number}");
        }
    }

    /// <summary>Ends both directions; nothing if the other end is gone already.</summary>
    public static void Shut(Descriptor socket)
    {
        if (Libc.shutdown(socket.Number, Libc.SHUT_RDWR) != 0 && Marshal.GetLastPInvokeError() != (int)Errno.ENOTCONN)
        {
            throw LinuxException.Last("shutdown(2)", $"socket {socket.Number}");
        }
    }

    /// <summary>The open file's flags, O_NONBLOCK among them.</summary>
    public static bool IsNonBlocking(Descriptor descriptor) =>
        (LinuxException.ThrowIfNegative(Libc.fcntl(descriptor.Number, F_GETFL, 0), "fcntl(2) F_GETFL", $"descriptor {descriptor.Number}") & FileCalls.O_NONBLOCK) != 0;

    public static void SetNonBlocking(Descriptor descriptor, bool nonBlocking)
    {
        int flags = LinuxException.ThrowIfNegative(Libc.fcntl(descriptor.Number, F_GETFL, 0), "fcntl(2) F_GETFL", $"descriptor {descriptor.Number}");
        flags = nonBlocking ? flags | FileCalls.O_NONBLOCK : flags & ~FileCalls.O_NONBLOCK;
        LinuxException.ThrowIfNegative(Libc.fcntl(descriptor.Number, F_SETFL, flags), "fcntl(2) F_SETFL", $"descriptor {descriptor.Number}");
    }

    internal static bool TryIdentify(int socket, out SocketIdentity identity)
    {
        int domain = 0;
        int type = 0;
        int protocol = 0;
        uint length = sizeof(int);
        bool known = Libc.getsockopt(socket, Libc.SOL_SOCKET, Libc.SO_DOMAIN, &domain, &length) == 0
            && Libc.getsockopt(socket, Libc.SOL_SOCKET, Libc.SO_TYPE, &type, &length) == 0
            && Libc.getsockopt(socket, Libc.SOL_SOCKET, Libc.SO_PROTOCOL, &protocol, &length) == 0;
        identity = known ? new SocketIdentity(domain, type, protocol) : default;
        return known;
    }

    private static int Integer(Descriptor socket, int level, int name)
    {
        int value;
        uint length = sizeof(int);
        LinuxException.ThrowIfNegative(Libc.getsockopt(socket.Number, level, name, &value, &length), $"getsockopt(2) {level}/{name}", $"socket {socket.Number}");
        return value;
    }

    private static int Queued(Descriptor socket, nuint request, string name)
    {
        int bytes;
        LinuxException.ThrowIfNegative(Libc.ioctl(socket.Number, request, (nint)(&bytes)), $"ioctl(2) {name}", $"socket {socket.Number}");
        return bytes;
    }

    private static void Set(Descriptor socket, int level, int name, int value, string text) =>
        LinuxException.ThrowIfNegative(Libc.setsockopt(socket.Number, level, name, &value, sizeof(int)), $"setsockopt(2) {text}", $"socket {socket.Number}");
}
