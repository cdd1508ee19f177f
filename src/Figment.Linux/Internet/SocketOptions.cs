using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Internet;

/// <summary>Carries what a program set on its socket over to another one. Not carried: multicast memberships, TCP_MD5SIG keys and attached filters, which cannot be read back.</summary>
public static unsafe class SocketOptions
{
    private const int BytesMax = 16;

    private static readonly SocketOption[] Table =
    [
        new("SO_REUSEADDR", Libc.SOL_SOCKET, 2),
        new("SO_DONTROUTE", Libc.SOL_SOCKET, 5),
        new("SO_BROADCAST", Libc.SOL_SOCKET, 6),
        new("SO_SNDBUF", Libc.SOL_SOCKET, 7, SetNumber: 32, HalveOnSet: true),
        new("SO_RCVBUF", Libc.SOL_SOCKET, 8, SetNumber: 33, HalveOnSet: true),
        new("SO_KEEPALIVE", Libc.SOL_SOCKET, 9),
        new("SO_OOBINLINE", Libc.SOL_SOCKET, 10),
        new("SO_PRIORITY", Libc.SOL_SOCKET, 12),
        new("SO_LINGER", Libc.SOL_SOCKET, 13, 8),
        new("SO_REUSEPORT", Libc.SOL_SOCKET, 15),
        new("SO_RCVLOWAT", Libc.SOL_SOCKET, 18),
        new("SO_RCVTIMEO", Libc.SOL_SOCKET, 20, 16),
        new("SO_SNDTIMEO", Libc.SOL_SOCKET, 21, 16),
        new("SO_TIMESTAMP", Libc.SOL_SOCKET, 29),
        new("SO_TIMESTAMPNS", Libc.SOL_SOCKET, 35),
        new("SO_MARK", Libc.SOL_SOCKET, Libc.SO_MARK),
        new("SO_RXQ_OVFL", Libc.SOL_SOCKET, 40),
        new("SO_BUSY_POLL", Libc.SOL_SOCKET, 46),
        new("SO_ZEROCOPY", Libc.SOL_SOCKET, 60),
        new("TCP_NODELAY", Libc.IPPROTO_TCP, 1),
        new("TCP_MAXSEG", Libc.IPPROTO_TCP, 2),
        new("TCP_CORK", Libc.IPPROTO_TCP, 3),
        new("TCP_KEEPIDLE", Libc.IPPROTO_TCP, 4),
        new("TCP_KEEPINTVL", Libc.IPPROTO_TCP, 5),
        new("TCP_KEEPCNT", Libc.IPPROTO_TCP, 6),
        new("TCP_SYNCNT", Libc.IPPROTO_TCP, 7),
        new("TCP_LINGER2", Libc.IPPROTO_TCP, 8),
        new("TCP_DEFER_ACCEPT", Libc.IPPROTO_TCP, 9),
        new("TCP_WINDOW_CLAMP", Libc.IPPROTO_TCP, 10),
        new("TCP_CONGESTION", Libc.IPPROTO_TCP, 13, 16),
        new("TCP_USER_TIMEOUT", Libc.IPPROTO_TCP, 18),
        new("TCP_FASTOPEN", Libc.IPPROTO_TCP, 23),
        new("TCP_NOTSENT_LOWAT", Libc.IPPROTO_TCP, 25),
        new("TCP_SAVE_SYN", Libc.IPPROTO_TCP, 27),
        new("UDP_SEGMENT", Libc.IPPROTO_UDP, 103),
        new("UDP_GRO", Libc.IPPROTO_UDP, 104),
        new("IP_TOS", Libc.IPPROTO_IP, 1),
        new("IP_TTL", Libc.IPPROTO_IP, 2),
        new("IP_PKTINFO", Libc.IPPROTO_IP, 8),
        new("IP_MTU_DISCOVER", Libc.IPPROTO_IP, 10),
        new("IP_RECVERR", Libc.IPPROTO_IP, 11),
        new("IP_RECVTTL", Libc.IPPROTO_IP, 12),
        new("IP_RECVTOS", Libc.IPPROTO_IP, 13),
        new("IP_FREEBIND", Libc.IPPROTO_IP, 15),
        new("IP_TRANSPARENT", Libc.IPPROTO_IP, Libc.IP_TRANSPARENT),
        new("IP_RECVORIGDSTADDR", Libc.IPPROTO_IP, 20),
        new("IP_MINTTL", Libc.IPPROTO_IP, 21),
        new("IP_MULTICAST_TTL", Libc.IPPROTO_IP, 33),
        new("IP_MULTICAST_LOOP", Libc.IPPROTO_IP, 34),
        new("IP_MULTICAST_ALL", Libc.IPPROTO_IP, 49),
        new("IPV6_UNICAST_HOPS", Libc.IPPROTO_IPV6, 16),
        new("IPV6_MULTICAST_HOPS", Libc.IPPROTO_IPV6, 18),
        new("IPV6_MULTICAST_LOOP", Libc.IPPROTO_IPV6, 19),
        new("IPV6_MTU_DISCOVER", Libc.IPPROTO_IPV6, 23),
        new("IPV6_RECVERR", Libc.IPPROTO_IPV6, 25),
        new("IPV6_RECVPKTINFO", Libc.IPPROTO_IPV6, 49),
        new("IPV6_RECVHOPLIMIT", Libc.IPPROTO_IPV6, 51),
        new("IPV6_RECVTCLASS", Libc.IPPROTO_IPV6, 66),
        new("IPV6_TCLASS", Libc.IPPROTO_IPV6, 67),
        new("IPV6_FREEBIND", Libc.IPPROTO_IPV6, 78),
    ];

    /// <summary>Names of the table, for the test that proves their numbers.</summary>
    internal static IReadOnlyList<SocketOption> All => Table;

    /// <summary>Sets on <paramref name="to"/> what differs on <paramref name="from"/>; returns what could not be set, in words.</summary>
    public static IReadOnlyList<string> Copy(Descriptor from, Descriptor to)
    {
        var identity = InternetSocket.Identify(to);
        List<string> failures = [];
        byte* wanted = stackalloc byte[BytesMax];
        byte* present = stackalloc byte[BytesMax];
        foreach (var option in Table)
        {
            if (!Applies(option, identity))
            {
                continue;
            }

            uint length = (uint)option.Bytes;
            uint presentLength = (uint)option.Bytes;
            if (Libc.getsockopt(from.Number, option.Level, option.Number, wanted, &length) != 0
                || Libc.getsockopt(to.Number, option.Level, option.Number, present, &presentLength) != 0
                || new ReadOnlySpan<byte>(wanted, (int)length).SequenceEqual(new ReadOnlySpan<byte>(present, (int)presentLength)))
            {
                continue;
            }

            if (option.HalveOnSet)
            {
                *(int*)wanted /= 2;
            }

            if (Libc.setsockopt(to.Number, option.Level, option.SetNumber ?? option.Number, wanted, length) != 0)
            {
                failures.Add($"{option.Name}: {(Errno)Marshal.GetLastPInvokeError()}");
            }
        }

        return failures;
    }

    private static bool Applies(SocketOption option, SocketIdentity identity) => option.Level switch
    {
        Libc.IPPROTO_TCP => identity.IsTcp,
        Libc.IPPROTO_UDP => identity.IsUdp,
        Libc.IPPROTO_IPV6 => identity.IsVersion6,
        _ => true,
    };
}
