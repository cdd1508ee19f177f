using System.Buffers.Binary;
using System.Net;

namespace Figment.Linux.Netlink;

/// <summary>Reads what an interface is by itself and as a bridge's port: IFLA_LINKINFO, which holds both.</summary>
internal static class LinkDetails
{
    internal const ushort IFLA_INFO_KIND = 1;
    internal const ushort IFLA_INFO_DATA = 2;
    internal const ushort IFLA_INFO_SLAVE_KIND = 4;
    internal const ushort IFLA_INFO_SLAVE_DATA = 5;
    internal const ushort IFLA_BRPORT_LEARNING = 8;
    internal const ushort IFLA_BRPORT_UNICAST_FLOOD = 9;
    internal const ushort IFLA_VXLAN_ID = 1;
    internal const ushort IFLA_VXLAN_LOCAL = 4;
    internal const ushort IFLA_VXLAN_LEARNING = 7;
    internal const ushort IFLA_VXLAN_PROXY = 11;
    internal const ushort IFLA_VXLAN_PORT = 15;
    internal const string BridgeKind = "bridge";
    internal const string VxlanKind = "vxlan";

    /// <exception cref="InvalidDataException">It is cut off or contradicts itself.</exception>
    internal static LinkInfo Read(LinkInfo link, ReadOnlySpan<byte> nested)
    {
        string? kind = null;
        string? portKind = null;
        ReadOnlySpan<byte> data = default;
        ReadOnlySpan<byte> portData = default;
        var attributes = new NetlinkAttributes(nested);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case IFLA_INFO_KIND:
                    kind = attributes.AsText();
                    break;
                case IFLA_INFO_DATA:
                    data = attributes.Value;
                    break;
                case IFLA_INFO_SLAVE_KIND:
                    portKind = attributes.AsText();
                    break;
                case IFLA_INFO_SLAVE_DATA:
                    portData = attributes.Value;
                    break;
                default:
                    break;
            }
        }

        return link with
        {
            Kind = kind,
            Vxlan = kind == VxlanKind ? Vxlan(data) : null,
            BridgePort = portKind == BridgeKind ? BridgePort(portData) : null,
        };
    }

    private static VxlanInfo Vxlan(ReadOnlySpan<byte> data)
    {
        var vxlan = new VxlanInfo { Vni = 0, Local = null, Port = 0 };
        var attributes = new NetlinkAttributes(data);
        while (attributes.MoveNext())
        {
            vxlan = attributes.Type switch
            {
                IFLA_VXLAN_ID => vxlan with { Vni = (int)attributes.AsUInt32() },
                IFLA_VXLAN_LOCAL => vxlan with { Local = AddressOrNone(attributes.Value) },
                IFLA_VXLAN_LEARNING => vxlan with { Learns = IsOn(attributes.Value) },
                IFLA_VXLAN_PROXY => vxlan with { Proxies = IsOn(attributes.Value) },
                IFLA_VXLAN_PORT when attributes.Value.Length >= sizeof(ushort) => vxlan with { Port = BinaryPrimitives.ReadUInt16BigEndian(attributes.Value) },
                _ => vxlan,
            };
        }

        return vxlan;
    }

    private static BridgePortInfo BridgePort(ReadOnlySpan<byte> data)
    {
        var port = new BridgePortInfo(Learns: true, Floods: true);
        var attributes = new NetlinkAttributes(data);
        while (attributes.MoveNext())
        {
            port = attributes.Type switch
            {
                IFLA_BRPORT_LEARNING => port with { Learns = IsOn(attributes.Value) },
                IFLA_BRPORT_UNICAST_FLOOD => port with { Floods = IsOn(attributes.Value) },
                _ => port,
            };
        }

        return port;
    }

    private static bool IsOn(ReadOnlySpan<byte> value) => !value.IsEmpty && value[0] != 0;

    private static IPAddress? AddressOrNone(ReadOnlySpan<byte> value) => RouteParser.AddressOf(value) is { } address && !address.Equals(IPAddress.Any) ? address : null;
}
