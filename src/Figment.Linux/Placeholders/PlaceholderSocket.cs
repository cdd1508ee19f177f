using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Placeholders;

/// <summary>
/// Sockets that stand for a program's own until it binds. They belong to the network namespace of the thread that makes them
/// (<see cref="Namespaces.NamespaceThread"/>) for life, whoever holds them.
/// </summary>
public static unsafe class PlaceholderSocket
{
    /// <summary>As many connections as the kernel will queue; it takes net.core.somaxconn of the namespace if that is less.</summary>
    public const int Backlog = 65_535;

    private const int AF_INET = 2;
    private const int AF_INET6 = 10;
    private const int SOCK_STREAM = 1;
    private const int SOCK_DGRAM = 2;
    private const int SOCK_NONBLOCK = 0x800;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int SOL_SOCKET = 1;
    private const int SO_REUSEADDR = 2;
    private const int IPPROTO_IP = 0;
    private const int IP_PKTINFO = 8;
    private const int IPPROTO_IPV6 = 41;
    private const int IPV6_V6ONLY = 26;
    private const int MSG_PEEK = 0x02;
    private const int MSG_DONTWAIT = 0x40;

    /// <summary>Longest socket address used here: sockaddr_in6.</summary>
    private const int AddressBytes = 28;

    /// <summary>A listening TCP socket on all addresses, non-blocking.</summary>
    /// <param name="port">1 to 65535.</param>
    /// <param name="dualStack">AF_INET6 that takes IPv4 too, else AF_INET.</param>
    public static Descriptor Listen(int port, bool dualStack)
    {
        var socket = Bound(SOCK_STREAM, port, dualStack);
        try
        {
            LinuxException.ThrowIfNegative(Libc.listen(socket.Number, Backlog), "listen(2)", $"TCP port {port}");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A bound UDP socket on all addresses, non-blocking.</summary>
    /// <remarks>
    /// The kernel notes where an IPv4 datagram came in when it queues it, and only for a socket that has asked for it; programs that answer from there
    /// (DNS servers) ignore one without. The program's own choice is copied on the socket when it takes the placeholder.
    /// </remarks>
    public static Descriptor BindDatagram(int port, bool dualStack)
    {
        var socket = Bound(SOCK_DGRAM, port, dualStack);
        try
        {
            int one = 1;
            LinuxException.ThrowIfNegative(Libc.setsockopt(socket.Number, IPPROTO_IP, IP_PKTINFO, &one, sizeof(int)), "setsockopt(2) IP_PKTINFO", $"UDP port {port}");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Where the first waiting datagram came from; it stays where it is. Null if none waits.</summary>
    public static IPEndPoint? PeekSender(Descriptor socket)
    {
        byte nothing;
        byte* address = stackalloc byte[AddressBytes];
        uint length = AddressBytes;
        if (Libc.recvfrom(socket.Number, &nothing, 1, MSG_PEEK | MSG_DONTWAIT, address, &length) >= 0)
        {
            return ReadAddress(new ReadOnlySpan<byte>(address, (int)length));
        }

        var error = LinuxException.Last("recvfrom(2) MSG_PEEK", $"placeholder {socket.Number}");
        return error.Error == Errno.EAGAIN ? null : throw error;
    }

    private static Descriptor Bound(int type, int port, bool dualStack)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        string on = $"{(type == SOCK_STREAM ? "TCP" : "UDP")} port {port}";
        int family = dualStack ? AF_INET6 : AF_INET;
        var socket = new Descriptor(LinuxException.ThrowIfNegative(Libc.socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket(2)", on));
        try
        {
            int one = 1;
            LinuxException.ThrowIfNegative(Libc.setsockopt(socket.Number, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(int)), "setsockopt(2) SO_REUSEADDR", on);
            if (dualStack)
            {
                int zero = 0;
                LinuxException.ThrowIfNegative(Libc.setsockopt(socket.Number, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(int)), "setsockopt(2) IPV6_V6ONLY", on);
            }

            Span<byte> address = stackalloc byte[AddressBytes];
            address.Clear();
            MemoryMarshal.Write(address, (ushort)family);
            BinaryPrimitives.WriteUInt16BigEndian(address[2..], (ushort)port);
            fixed (byte* start = address)
            {
                LinuxException.ThrowIfNegative(Libc.bind(socket.Number, start, dualStack ? 28u : 16u), "bind(2)", on);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static IPEndPoint ReadAddress(ReadOnlySpan<byte> address)
    {
        int port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        if (MemoryMarshal.Read<ushort>(address) == AF_INET)
        {
            return new IPEndPoint(new IPAddress(address.Slice(4, 4)), port);
        }

        var ip = new IPAddress(address.Slice(8, 16));
        return new IPEndPoint(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip, port);
    }
}
