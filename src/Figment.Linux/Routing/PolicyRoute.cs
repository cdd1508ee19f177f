using System.Buffers.Binary;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Routing;

/// <summary>
/// Delivers packets of one mark to the namespace itself, whatever their destination (rtnetlink(7)): what <c>ip rule add fwmark M lookup M</c> and
/// <c>ip route add local default dev lo table M</c> do. Acts on the calling thread's network namespace.
/// </summary>
public static class PolicyRoute
{
    private const int AF_NETLINK = 16;
    private const int SOCK_RAW = 3;
    private const int NETLINK_ROUTE = 0;
    private const ushort NLMSG_ERROR = 2;
    private const ushort RTM_NEWROUTE = 24;
    private const ushort RTM_NEWRULE = 32;
    private const ushort NLM_F_REQUEST = 1;
    private const ushort NLM_F_ACK = 4;
    private const ushort NLM_F_EXCL = 0x200;
    private const ushort NLM_F_CREATE = 0x400;
    private const ushort FRA_FWMARK = 10;
    private const ushort FRA_TABLE = 15;
    private const byte FR_ACT_TO_TBL = 1;
    private const ushort RTA_OIF = 4;
    private const ushort RTA_TABLE = 15;
    private const byte RTPROT_STATIC = 4;
    private const byte RT_SCOPE_HOST = 254;
    private const byte RTN_LOCAL = 2;

    /// <summary>The loopback interface has this index in every namespace.</summary>
    private const uint LoopbackIndex = 1;
    private const int HeaderBytes = 16;
    private const int BodyBytes = 12;

    /// <param name="mark">Of the packets; the table has the same number.</param>
    /// <param name="version6">For IPv6.</param>
    public static void DeliverMarked(uint mark, bool version6)
    {
        byte family = (byte)(version6 ? Libc.AF_INET6 : Libc.AF_INET);
        using var netlink = new Descriptor(LinuxException.ThrowIfNegative(Libc.socket(AF_NETLINK, SOCK_RAW | Libc.SOCK_CLOEXEC, NETLINK_ROUTE), "socket(2)", "AF_NETLINK"));
        Request(netlink, RTM_NEWRULE, [family, 0, 0, 0, 0, 0, 0, FR_ACT_TO_TBL, 0, 0, 0, 0], [(FRA_FWMARK, mark), (FRA_TABLE, mark)]);
        Request(netlink, RTM_NEWROUTE, [family, 0, 0, 0, 0, RTPROT_STATIC, RT_SCOPE_HOST, RTN_LOCAL, 0, 0, 0, 0], [(RTA_OIF, LoopbackIndex), (RTA_TABLE, mark)]);
    }

    private static void Request(Descriptor netlink, ushort type, ReadOnlySpan<byte> body, ReadOnlySpan<(ushort Type, uint Value)> attributes)
    {
        Span<byte> message = stackalloc byte[HeaderBytes + BodyBytes + (8 * attributes.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(message[6..], NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
        body.CopyTo(message[HeaderBytes..]);
        int offset = HeaderBytes + BodyBytes;
        foreach (var (attribute, value) in attributes)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(message[offset..], 8);
            BinaryPrimitives.WriteUInt16LittleEndian(message[(offset + 2)..], attribute);
            BinaryPrimitives.WriteUInt32LittleEndian(message[(offset + 4)..], value);
            offset += 8;
        }

        FileCalls.Write(netlink, message);
        Span<byte> answer = stackalloc byte[512];
        int count = FileCalls.Read(netlink, answer);
        int error = count >= HeaderBytes + 4 && BinaryPrimitives.ReadUInt16LittleEndian(answer[4..]) == NLMSG_ERROR
            ? -BinaryPrimitives.ReadInt32LittleEndian(answer[HeaderBytes..])
            : (int)Errno.EIO;
        if (error != 0 && error != (int)Errno.EEXIST)
        {
            throw new LinuxException((Errno)error, "rtnetlink(7)", type == RTM_NEWRULE ? "new rule" : "new route");
        }
    }
}
