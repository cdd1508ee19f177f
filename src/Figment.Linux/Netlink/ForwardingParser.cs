using System.Buffers.Binary;
using System.Net;

namespace Figment.Linux.Netlink;

/// <summary>Reads entries of bridges' and VXLAN interfaces' tables: ndmsg of the family AF_BRIDGE.</summary>
internal static class ForwardingParser
{
    internal const ushort NDA_MASTER = 9;
    internal const ushort NUD_NOARP = 0x40;
    internal const byte NTF_SELF = 0x02;
    internal const byte NTF_MASTER = 0x04;
    internal const byte NTF_STICKY = 0x40;

    /// <summary>Null for what is no entry of an Ethernet address.</summary>
    /// <exception cref="InvalidDataException">It is cut off or contradicts itself.</exception>
    internal static ForwardingInfo? Entry(ReadOnlySpan<byte> payload)
    {
        RouteParser.Require(payload, RouteParser.NeighborHeaderBytes, "forwarding");
        int link = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        ushort state = BinaryPrimitives.ReadUInt16LittleEndian(payload[8..]);
        byte flags = payload[10];
        string mac = "";
        int master = 0;
        IPAddress? destination = null;
        var attributes = new NetlinkAttributes(payload[RouteParser.NeighborHeaderBytes..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case RouteParser.NDA_LLADDR:
                    mac = RouteParser.MacText(attributes.Value);
                    break;
                case RouteParser.NDA_DST:
                    destination = RouteParser.AddressOf(attributes.Value);
                    break;
                case NDA_MASTER:
                    master = (int)attributes.AsUInt32();
                    break;
                default:
                    break;
            }
        }

        // A bridge calls its own addresses permanent, and what was put at a port NOARP; a VXLAN interface knows no such difference.
        bool isFixed = master == 0 ? (state & RouteParser.NUD_PERMANENT) != 0 : (state & NUD_NOARP) != 0 && (flags & NTF_STICKY) != 0;
        return mac.Length == 0 ? null : new ForwardingInfo(link, mac) { Master = master, Destination = destination, IsFixed = isFixed };
    }
}
