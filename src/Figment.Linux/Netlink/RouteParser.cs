using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Figment.Linux.Netlink;

/// <summary>Reads what rtnetlink lists: ifinfomsg, ifaddrmsg, rtmsg and ndmsg with their attributes (rtnetlink(7)).</summary>
public static class RouteParser
{
    internal const int LinkHeaderBytes = 16;
    internal const int AddressHeaderBytes = 8;
    internal const int RouteHeaderBytes = 12;
    internal const int NeighborHeaderBytes = 12;

    internal const ushort IFLA_ADDRESS = 1;
    internal const ushort IFLA_IFNAME = 3;
    internal const ushort IFLA_MTU = 4;
    internal const ushort IFLA_LINK = 5;
    internal const ushort IFLA_MASTER = 10;
    internal const ushort IFLA_LINKINFO = 18;
    internal const ushort IFLA_STATS64 = 23;
    internal const ushort IFA_ADDRESS = 1;
    internal const ushort IFA_LOCAL = 2;
    internal const ushort RTA_DST = 1;
    internal const ushort RTA_OIF = 4;
    internal const ushort RTA_GATEWAY = 5;
    internal const ushort RTA_TABLE = 15;
    internal const ushort NDA_DST = 1;
    internal const ushort NDA_LLADDR = 2;
    internal const ushort NUD_PERMANENT = 0x80;
    internal const byte RT_TABLE_MAIN = 254;
    internal const byte RTN_UNICAST = 1;
    internal const uint IFF_UP = 1;

    /// <exception cref="InvalidDataException">It is cut off or contradicts itself.</exception>
    public static LinkInfo Link(ReadOnlySpan<byte> payload)
    {
        Require(payload, LinkHeaderBytes, "link");
        var link = new LinkInfo
        {
            Index = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]),
            Name = "",
            IsUp = (BinaryPrimitives.ReadUInt32LittleEndian(payload[8..]) & IFF_UP) != 0,
        };
        var attributes = new NetlinkAttributes(payload[LinkHeaderBytes..]);
        while (attributes.MoveNext())
        {
            link = attributes.Type switch
            {
                IFLA_IFNAME => link with { Name = attributes.AsText() },
                IFLA_MTU => link with { Mtu = attributes.AsUInt32() },
                IFLA_LINK => link with { Peer = (int)attributes.AsUInt32() },
                IFLA_MASTER => link with { Master = (int)attributes.AsUInt32() },
                IFLA_ADDRESS => link with { MacAddress = MacText(attributes.Value) },
                IFLA_LINKINFO => LinkDetails.Read(link, attributes.Value),
                _ => link,
            };
        }

        return link;
    }

    /// <summary>The bytes of rtnl_link_stats64; null if the kernel does not count.</summary>
    /// <exception cref="InvalidDataException">It is cut off or contradicts itself.</exception>
    public static LinkTraffic? Traffic(ReadOnlySpan<byte> payload)
    {
        // rx_packets, tx_packets, rx_bytes, tx_bytes, each a __u64.
        const int ReceivedAt = 16;
        const int SentAt = 24;
        Require(payload, LinkHeaderBytes, "link");
        var attributes = new NetlinkAttributes(payload[LinkHeaderBytes..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type == IFLA_STATS64)
            {
                Require(attributes.Value, SentAt + sizeof(long), "statistics of a link");
                return new LinkTraffic(BinaryPrimitives.ReadInt64LittleEndian(attributes.Value[ReceivedAt..]), BinaryPrimitives.ReadInt64LittleEndian(attributes.Value[SentAt..]));
            }
        }

        return null;
    }

    /// <summary>Null for a family that is not IP.</summary>
    /// <exception cref="InvalidDataException">It is cut off or contradicts itself.</exception>
    public static AddressInfo? Address(ReadOnlySpan<byte> payload)
    {
        Require(payload, AddressHeaderBytes, "address");
        int prefix = payload[1];
        int link = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        IPAddress? local = null;
        IPAddress? address = null;
        var attributes = new NetlinkAttributes(payload[AddressHeaderBytes..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case IFA_LOCAL:
                    local = AddressOf(attributes.Value);
                    break;
                case IFA_ADDRESS:
                    address = AddressOf(attributes.Value);
                    break;
                default:
                    break;
            }
        }

        // IFA_ADDRESS is the peer's on a point-to-point link; IFA_LOCAL, where given, is the interface's own.
        return (local ?? address) is { } own ? new AddressInfo(link, own, prefix) : null;
    }

    /// <summary>Null for what is not a unicast route of the main table.</summary>
    /// <exception cref="InvalidDataException">It is cut off or contradicts itself.</exception>
    public static RouteInfo? Route(ReadOnlySpan<byte> payload)
    {
        Require(payload, RouteHeaderBytes, "route");
        int prefix = payload[1];
        uint table = payload[4];
        bool ipv4 = payload[0] == Splicing.SocketName.AF_INET;
        var destination = ipv4 ? IPAddress.Any : IPAddress.IPv6Any;
        IPAddress? gateway = null;
        int link = 0;
        var attributes = new NetlinkAttributes(payload[RouteHeaderBytes..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case RTA_DST:
                    destination = AddressOf(attributes.Value) ?? throw new InvalidDataException("a route's destination is no IP address");
                    break;
                case RTA_GATEWAY:
                    gateway = AddressOf(attributes.Value);
                    break;
                case RTA_OIF:
                    link = (int)attributes.AsUInt32();
                    break;
                case RTA_TABLE:
                    table = attributes.AsUInt32();
                    break;
                default:
                    break;
            }
        }

        if (table != RT_TABLE_MAIN || payload[7] != RTN_UNICAST)
        {
            return null;
        }

        int bits = destination.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        return prefix <= bits && IPNetwork.TryParse($"{destination}/{prefix}", out var network)
            ? new RouteInfo(network, gateway, link)
            : throw new InvalidDataException($"a route to {destination}/{prefix}");
    }

    /// <summary>Null for what has no address, as a bridge's own tables do not.</summary>
    /// <exception cref="InvalidDataException">It is cut off or contradicts itself.</exception>
    public static NeighborInfo? Neighbor(ReadOnlySpan<byte> payload)
    {
        Require(payload, NeighborHeaderBytes, "neighbour");
        int link = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        bool isPermanent = (BinaryPrimitives.ReadUInt16LittleEndian(payload[8..]) & NUD_PERMANENT) != 0;
        IPAddress? address = null;
        string mac = "";
        var attributes = new NetlinkAttributes(payload[NeighborHeaderBytes..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case NDA_DST:
                    address = AddressOf(attributes.Value);
                    break;
                case NDA_LLADDR:
                    mac = MacText(attributes.Value);
                    break;
                default:
                    break;
            }
        }

        return address is null ? null : new NeighborInfo(link, address) { MacAddress = mac, IsPermanent = isPermanent };
    }

    internal static string MacText(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes) is { Length: 12 } hex
        ? $"{hex[..2]}:{hex[2..4]}:{hex[4..6]}:{hex[6..8]}:{hex[8..10]}:{hex[10..]}"
        : "";

    internal static IPAddress? AddressOf(ReadOnlySpan<byte> bytes) => bytes.Length is 4 or 16 ? new IPAddress(bytes) : null;

    internal static void Require(ReadOnlySpan<byte> payload, int bytes, string what)
    {
        if (payload.Length < bytes)
        {
            throw new InvalidDataException($"a {what} message of {payload.Length} bytes");
        }
    }
}
