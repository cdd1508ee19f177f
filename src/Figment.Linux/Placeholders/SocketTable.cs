using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Placeholders;

/// <summary>
/// The kernel's table of TCP sockets in one network namespace (sock_diag(7)): that of the thread that makes this object, whichever thread asks later.
/// One thread at a time.
/// </summary>
public sealed unsafe class SocketTable : IDisposable
{
    private const int AF_INET = 2;
    private const int AF_INET6 = 10;
    private const int AF_NETLINK = 16;
    private const int SOCK_RAW = 3;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int NETLINK_SOCK_DIAG = 4;
    private const int SOCK_DIAG_BY_FAMILY = 20;
    private const int NLM_F_REQUEST = 1;
    private const int NLM_F_DUMP = 0x300;
    private const int NLMSG_ERROR = 2;
    private const int NLMSG_DONE = 3;
    private const int IPPROTO_TCP = 6;
    private const int TCP_ESTABLISHED = 1;

    private const int HeaderBytes = 16;
    private const int RequestBytes = 56;
    private const int AnswerBytes = 72;

    /// <summary>The kernel fills at most 32 KiB of a dump at once.</summary>
    private const int BufferBytes = 32 * 1024;

    private readonly Descriptor _netlink =
        new(LinuxException.ThrowIfNegative(Libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), "socket(2)", "NETLINK_SOCK_DIAG"));

    /// <summary>The other end of a connection to this local port that no program has accepted yet, else of any; null if there is none.</summary>
    public IPEndPoint? PeerOf(int port, bool dualStack)
    {
        // There are as many tables as machines, and they are seldom asked: none keeps a buffer.
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            Ask(port, dualStack ? AF_INET6 : AF_INET);
            return Read(port, buffer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose() => _netlink.Dispose();

    private IPEndPoint? Read(int port, byte[] buffer)
    {
        IPEndPoint? accepted = null;
        IPEndPoint? waiting = null;
        while (true)
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
                        return waiting ?? accepted;
                    case NLMSG_ERROR:
                        throw new LinuxException((Errno)(-MemoryMarshal.Read<int>(rest[HeaderBytes..])), "sock_diag(7)", $"TCP port {port}");
                    default:
                        Read(rest[HeaderBytes..length], port, ref waiting, ref accepted);
                        break;
                }

                rest = rest[Math.Min(rest.Length, (length + 3) & ~3)..];
            }
        }
    }

    private void Ask(int port, int family)
    {
        Span<byte> request = stackalloc byte[HeaderBytes + RequestBytes];
        request.Clear();
        MemoryMarshal.Write(request, request.Length);
        MemoryMarshal.Write(request[4..], (ushort)SOCK_DIAG_BY_FAMILY);
        MemoryMarshal.Write(request[6..], (ushort)(NLM_F_REQUEST | NLM_F_DUMP));
        request[16] = (byte)family;
        request[17] = IPPROTO_TCP;
        MemoryMarshal.Write(request[20..], 1u << TCP_ESTABLISHED);
        BinaryPrimitives.WriteUInt16BigEndian(request[24..], (ushort)port);
        fixed (byte* start = request)
        {
            LinuxException.ThrowIfNegative(Libc.send(_netlink.Number, start, (nuint)request.Length, 0), "send(2)", "NETLINK_SOCK_DIAG");
        }
    }

    /// <summary>struct inet_diag_msg: family, state, timer, retransmits, then ports and addresses; the inode at 68 is 0 until accept(2).</summary>
    private static void Read(ReadOnlySpan<byte> answer, int port, ref IPEndPoint? waiting, ref IPEndPoint? accepted)
    {
        if (answer.Length < AnswerBytes || BinaryPrimitives.ReadUInt16BigEndian(answer[4..]) != port)
        {
            return;
        }

        var ip = new IPAddress(answer.Slice(24, answer[0] == AF_INET ? 4 : 16));
        var peer = new IPEndPoint(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip, BinaryPrimitives.ReadUInt16BigEndian(answer[6..]));
        if (MemoryMarshal.Read<uint>(answer[68..]) == 0)
        {
            waiting ??= peer;
        }
        else
        {
            accepted ??= peer;
        }
    }
}
