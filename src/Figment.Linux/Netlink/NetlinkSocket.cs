using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Netlink;

/// <summary>A NETLINK_ROUTE socket of the network namespace of the thread that made it. One thread at a time; a request is answered before the next one is sent.</summary>
public sealed unsafe class NetlinkSocket : IDisposable
{
    private const ushort NLMSG_ERROR = 2;
    private const ushort NLMSG_DONE = 3;
    private const ushort NLMSGERR_ATTR_MSG = 1;
    private const int MSG_TRUNC = 0x20;

    /// <summary>The acknowledgement echoes only the request's header.</summary>
    private const NetlinkFlags NLM_F_CAPPED = (NetlinkFlags)0x100;

    /// <summary>The acknowledgement has attributes of its own.</summary>
    private const NetlinkFlags NLM_F_ACK_TLVS = (NetlinkFlags)0x200;

    /// <summary>The kernel fills dumps up to 32 KiB a datagram when the reader offers that much.</summary>
    private const int ReceiveBytes = 32_768;

    /// <summary>A dump that others keep changing under us is started again this often.</summary>
    private const int DumpAttemptsMax = 10;

    [ThreadStatic]
    private static byte[]? s_buffer;

    private readonly Descriptor _socket;
    private uint _sequence;

    public NetlinkSocket()
    {
        _socket = new Descriptor(LinuxException.ThrowIfNegative(
            Libc.socket(Libc.Netlink.AF_NETLINK, Libc.Netlink.SOCK_RAW | Libc.Netlink.SOCK_CLOEXEC, Libc.Netlink.NETLINK_ROUTE), "socket(2)", "AF_NETLINK"));
        int on = 1;
        foreach (int option in (ReadOnlySpan<int>)[Libc.Netlink.NETLINK_CAP_ACK, Libc.Netlink.NETLINK_EXT_ACK])
        {
            LinuxException.ThrowIfNegative(Libc.setsockopt(_socket.Number, Libc.Netlink.SOL_NETLINK, option, &on, sizeof(int)), "setsockopt(2)", $"netlink option {option}");
        }
    }

    /// <summary>Called for each message of a dump. It must not use a netlink socket itself: the bytes lie in a buffer that this thread's sockets share.</summary>
    public delegate void DumpReader(ReadOnlySpan<byte> payload);

    private static byte[] Buffer => s_buffer ??= new byte[ReceiveBytes];

    /// <summary>Sends and waits for the acknowledgement.</summary>
    /// <exception cref="LinuxException">The kernel's error, with its own words where it gave some.</exception>
    public void Request(NetlinkRequest request)
    {
        if (TryRequest(request) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>As <see cref="Request"/>, but returns the error.</summary>
    public LinuxException? TryRequest(NetlinkRequest request)
    {
        Send(request, NetlinkFlags.Acknowledge);
        while (true)
        {
            var messages = new NetlinkMessages(Receive());
            while (messages.MoveNext())
            {
                if (messages.Sequence == _sequence && messages.Type == NLMSG_ERROR)
                {
                    return ParseError(request, messages.Payload, messages.Flags);
                }
            }
        }
    }

    /// <summary>Reads all objects of a kind.</summary>
    /// <param name="request">A Get message.</param>
    /// <param name="restart">Called before each attempt: forget what came so far.</param>
    /// <param name="read">Called for each object.</param>
    public void Dump(NetlinkRequest request, Action restart, DumpReader read)
    {
        for (int attempt = 0; attempt < DumpAttemptsMax; attempt++)
        {
            restart();
            Send(request, NetlinkFlags.Dump);
            if (ReadDump(request, read))
            {
                return;
            }
        }

        throw new LinuxException(Errno.EAGAIN, $"rtnetlink {request.Type}", $"{request.Subject}: changed during each of {DumpAttemptsMax} attempts to read it");
    }

    /// <summary>Reads one object; returns the error if there is none.</summary>
    public LinuxException? TryGet(NetlinkRequest request, DumpReader read)
    {
        Send(request, NetlinkFlags.None);
        while (true)
        {
            var messages = new NetlinkMessages(Receive());
            while (messages.MoveNext())
            {
                if (messages.Sequence != _sequence)
                {
                    continue;
                }

                if (messages.Type == NLMSG_ERROR)
                {
                    return ParseError(request, messages.Payload, messages.Flags) ?? throw new InvalidDataException($"{request.Subject} was acknowledged instead of read");
                }

                read(messages.Payload);
                return null;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>The error in an NLMSG_ERROR message, null for success.</summary>
    internal static LinuxException? ParseError(NetlinkRequest request, ReadOnlySpan<byte> payload, NetlinkFlags flags)
    {
        if (payload.Length < sizeof(int))
        {
            throw new InvalidDataException($"a netlink acknowledgement of {payload.Length} bytes");
        }

        int error = BinaryPrimitives.ReadInt32LittleEndian(payload);
        if (error == 0)
        {
            return null;
        }

        return new LinuxException((Errno)(-error), $"rtnetlink {request.Type}", request.Subject + Explanation(payload, flags));
    }

    /// <summary>The kernel's own words: attributes behind the echoed header (all of the request unless capped).</summary>
    private static string Explanation(ReadOnlySpan<byte> payload, NetlinkFlags flags)
    {
        if ((flags & NLM_F_ACK_TLVS) == 0 || payload.Length < sizeof(int) + NetlinkRequest.HeaderBytes)
        {
            return "";
        }

        uint echoed = (flags & NLM_F_CAPPED) != 0 ? NetlinkRequest.HeaderBytes : BinaryPrimitives.ReadUInt32LittleEndian(payload[sizeof(int)..]);
        if (echoed > (uint)(payload.Length - sizeof(int)))
        {
            throw new InvalidDataException($"a netlink acknowledgement echoes {echoed} of {payload.Length} bytes");
        }

        var attributes = new NetlinkAttributes(payload[Math.Min(sizeof(int) + (((int)echoed + 3) & ~3), payload.Length)..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type == NLMSGERR_ATTR_MSG)
            {
                return $" ({attributes.AsText()})";
            }
        }

        return "";
    }

    private bool ReadDump(NetlinkRequest request, DumpReader read)
    {
        bool interrupted = false;
        while (true)
        {
            var messages = new NetlinkMessages(Receive());
            while (messages.MoveNext())
            {
                if (messages.Sequence != _sequence)
                {
                    continue;
                }

                interrupted |= (messages.Flags & NetlinkFlags.DumpInterrupted) != 0;
                switch (messages.Type)
                {
                    case NLMSG_DONE:
                        return !interrupted;
                    case NLMSG_ERROR:
                        throw ParseError(request, messages.Payload, messages.Flags) ?? throw new InvalidDataException("a dump was acknowledged instead of answered");
                    default:
                        read(messages.Payload);
                        break;
                }
            }
        }
    }

    private void Send(NetlinkRequest request, NetlinkFlags flags)
    {
        var bytes = request.Finish(++_sequence, flags);
        fixed (byte* start = bytes)
        {
            LinuxException.ThrowIfNegative(Libc.send(_socket.Number, start, (nuint)bytes.Length, 0), $"rtnetlink {request.Type}", request.Subject);
        }
    }

    private ReadOnlySpan<byte> Receive()
    {
        byte[] buffer = Buffer;
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint count = Libc.recv(_socket.Number, start, (nuint)buffer.Length, MSG_TRUNC);
                if (count >= 0)
                {
                    return count <= buffer.Length ? buffer.AsSpan(0, (int)count) : throw new InvalidDataException($"a netlink datagram of {count} bytes");
                }

                if (Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
                {
                    throw LinuxException.Last("recv(2)", "netlink socket");
                }
            }
        }
    }
}
