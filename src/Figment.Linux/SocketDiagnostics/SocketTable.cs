using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Native;

namespace Figment.Linux.SocketDiagnostics;

/// <summary>
/// The kernel's table of sockets in one network namespace (sock_diag(7)): that of the thread that makes this object, whichever thread asks later.
/// One thread at a time.
/// </summary>
public sealed unsafe class SocketTable : IDisposable
{
    private const int AF_NETLINK = 16;
    private const int SOCK_RAW = 3;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int NETLINK_SOCK_DIAG = 4;
    private const int SOCK_DIAG_BY_FAMILY = 20;
    private const int NLM_F_REQUEST = 1;
    private const int NLM_F_DUMP = 0x300;
    private const int NLMSG_ERROR = 2;
    private const int NLMSG_DONE = 3;
    private const int INET_DIAG_INFO = 2;
    private const int TCP_ESTABLISHED = 1;
    private const int TCP_SYN_SENT = 2;
    private const int TCP_SYN_RECV = 3;
    private const int TCP_TIME_WAIT = 6;
    private const int TCP_CLOSE = 7;
    private const int TCP_LISTEN = 10;
    private const int TCP_CLOSING = 11;

    /// <summary>States by number, one bit each.</summary>
    private const uint EstablishedOnly = 1u << TCP_ESTABLISHED;
    private const uint Unfinished = 1u << TCP_LISTEN | 1u << TCP_SYN_RECV | 1u << TCP_SYN_SENT;
    private const uint AllStates = (1u << (TCP_CLOSING + 1)) - 1;
    private const uint Connections = AllStates & ~(1u | 1u << TCP_TIME_WAIT | 1u << TCP_CLOSE | 1u << TCP_LISTEN);

    private const int HeaderBytes = 16;

    /// <summary>struct inet_diag_req_v2.</summary>
    private const int RequestBytes = 56;

    /// <summary>struct inet_diag_msg; attributes follow.</summary>
    private const int AnswerBytes = 72;

    /// <summary>tcpi_bytes_acked and tcpi_bytes_received of struct tcp_info.</summary>
    private const int BytesAckedOffset = 120;
    private const int BytesReceivedOffset = 128;

    /// <summary>The kernel fills at most 32 KiB of a dump at once.</summary>
    private const int BufferBytes = 32 * 1024;

    private readonly Descriptor _netlink =
        new(LinuxException.ThrowIfNegative(Libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), "socket(2)", "NETLINK_SOCK_DIAG"));

    private delegate void Reader(in ListedSocket socket);

    /// <summary>The other end of a connection to this local port that no program has accepted yet, else of any; null if there is none.</summary>
    public IPEndPoint? PeerOf(int port, bool dualStack)
    {
        InternetEndpoint? accepted = null;
        InternetEndpoint? waiting = null;
        Dump(dualStack ? Libc.AF_INET6 : Libc.AF_INET, Libc.IPPROTO_TCP, EstablishedOnly, port, withInfo: false, (in socket) =>
        {
            if (socket.Local.Port != port)
            {
                return;
            }

            if (socket.IsAccepted)
            {
                accepted ??= socket.Remote;
            }
            else
            {
                waiting ??= socket.Remote;
            }
        });
        return (waiting ?? accepted) is { } peer ? new IPEndPoint(peer.ToAddress(), peer.Port) : null;
    }

    /// <summary>All TCP connections that are not closed, with the bytes they have carried.</summary>
    public IReadOnlyList<ListedSocket> TcpConnections()
    {
        List<ListedSocket> connections = [];
        Reader add = (in socket) => connections.Add(socket);
        Dump(Libc.AF_INET, Libc.IPPROTO_TCP, Connections, port: 0, withInfo: true, add);
        Dump(Libc.AF_INET6, Libc.IPPROTO_TCP, Connections, port: 0, withInfo: true, add);
        return connections;
    }

    /// <summary>How many TCP connections are being made.</summary>
    public PendingConnections Pending()
    {
        int handshakes = 0;
        uint unaccepted = 0;
        Reader count = (in socket) =>
        {
            handshakes += socket is { State: TcpState.SynReceived or TcpState.SynSent, Repeats: 0 } ? 1 : 0;
            unaccepted += socket.State == TcpState.Listening ? socket.ReceiveQueue : 0;
        };
        Dump(Libc.AF_INET, Libc.IPPROTO_TCP, Unfinished, port: 0, withInfo: false, count);
        Dump(Libc.AF_INET6, Libc.IPPROTO_TCP, Unfinished, port: 0, withInfo: false, count);
        return new PendingConnections(handshakes, (int)unaccepted);
    }

    /// <summary>The UDP sockets at which something waits.</summary>
    public IReadOnlyList<ListedSocket> WaitingUdpSockets()
    {
        List<ListedSocket> sockets = [];
        Reader add = (in socket) =>
        {
            if (socket.ReceiveQueue > 0)
            {
                sockets.Add(socket);
            }
        };
        Dump(Libc.AF_INET, Libc.IPPROTO_UDP, AllStates, port: 0, withInfo: false, add);
        Dump(Libc.AF_INET6, Libc.IPPROTO_UDP, AllStates, port: 0, withInfo: false, add);
        return sockets;
    }

    public void Dispose() => _netlink.Dispose();

    private void Dump(int family, int protocol, uint states, int port, bool withInfo, Reader read)
    {
        // There are as many tables as machines, and they are seldom asked: none keeps a buffer.
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            Ask(family, protocol, states, port, withInfo);
            while (!ReadPart(buffer, read))
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>True after the last.</summary>
    private bool ReadPart(byte[] buffer, Reader read)
    {
        int count;
        fixed (byte* start = buffer)
        {
            count = (int)LinuxException.ThrowIfNegative(Libc.recv(_netlink.Number, start, BufferBytes, 0), "recv(2)", "NETLINK_SOCK_DIAG");
        }

        var rest = buffer.AsSpan(0, count);
        while (rest.Length >= HeaderBytes)
        {
            int length = MemoryMarshal.Read<int>(rest);
            switch (MemoryMarshal.Read<ushort>(rest[4..]))
            {
                case NLMSG_DONE:
                    return true;
                case NLMSG_ERROR:
                    throw new LinuxException((Errno)(-MemoryMarshal.Read<int>(rest[HeaderBytes..])), "sock_diag(7)", "sockets of a network namespace");
                default:
                    if (TryParse(rest[HeaderBytes..Math.Min(length, rest.Length)], out var socket))
                    {
                        read(socket);
                    }

                    break;
            }

            rest = rest[Math.Min(rest.Length, (length + 3) & ~3)..];
        }

        return false;
    }

    private void Ask(int family, int protocol, uint states, int port, bool withInfo)
    {
        Span<byte> request = stackalloc byte[HeaderBytes + RequestBytes];
        request.Clear();
        MemoryMarshal.Write(request, request.Length);
        MemoryMarshal.Write(request[4..], (ushort)SOCK_DIAG_BY_FAMILY);
        MemoryMarshal.Write(request[6..], (ushort)(NLM_F_REQUEST | NLM_F_DUMP));
        request[16] = (byte)family;
        request[17] = (byte)protocol;
        request[18] = (byte)(withInfo ? 1 << (INET_DIAG_INFO - 1) : 0);
        MemoryMarshal.Write(request[20..], states);
        BinaryPrimitives.WriteUInt16BigEndian(request[24..], (ushort)port);
        fixed (byte* start = request)
        {
            LinuxException.ThrowIfNegative(Libc.send(_netlink.Number, start, (nuint)request.Length, 0), "send(2)", "NETLINK_SOCK_DIAG");
        }
    }

    /// <summary>struct inet_diag_msg: family, state, timer, retransmits, then ports, addresses, interface and cookie; expiry, queues and user; the inode at 68 is 0 until accept(2).</summary>
    internal static bool TryParse(ReadOnlySpan<byte> answer, out ListedSocket socket)
    {
        socket = default;
        if (answer.Length < AnswerBytes)
        {
            return false;
        }

        bool isVersion6 = answer[0] == Libc.AF_INET6;
        socket = new ListedSocket(
            MemoryMarshal.Read<ulong>(answer[44..]),
            Endpoint(isVersion6, answer.Slice(8, 16), answer[4..]),
            Endpoint(isVersion6, answer.Slice(24, 16), answer[6..]),
            MemoryMarshal.Read<uint>(answer[56..]),
            MemoryMarshal.Read<uint>(answer[68..]) != 0,
            (TcpState)answer[1],
            answer[3],
            PayloadBytes(answer[AnswerBytes..]));
        return true;
    }

    private static InternetEndpoint Endpoint(bool isVersion6, ReadOnlySpan<byte> address, ReadOnlySpan<byte> port) =>
        new InternetEndpoint(
            isVersion6,
            isVersion6 ? BinaryPrimitives.ReadUInt128BigEndian(address) : BinaryPrimitives.ReadUInt32BigEndian(address),
            BinaryPrimitives.ReadUInt16BigEndian(port)).Unmapped;

    private static ulong PayloadBytes(ReadOnlySpan<byte> attributes)
    {
        while (attributes.Length >= 4)
        {
            int length = MemoryMarshal.Read<ushort>(attributes);
            if (length < 4 || length > attributes.Length)
            {
                return 0;
            }

            if (MemoryMarshal.Read<ushort>(attributes[2..]) == INET_DIAG_INFO && length >= 4 + BytesReceivedOffset + sizeof(ulong))
            {
                var info = attributes[4..length];
                return MemoryMarshal.Read<ulong>(info[BytesAckedOffset..]) + MemoryMarshal.Read<ulong>(info[BytesReceivedOffset..]);
            }

            attributes = attributes[Math.Min(attributes.Length, (length + 3) & ~3)..];
        }

        return 0;
    }
}
