using System.Net;

namespace Figment.Keeper.Fabric;

/// <summary>Names of what the fabric makes. They follow from the launch alone, so that a new keeper finds what an old one left.</summary>
internal static class FabricNames
{
    /// <summary>Interfaces of all applications' uplinks on a node start so.</summary>
    internal const string UplinkPrefix = "fg";

    internal const string Bridge = "br0";

    internal const string RouterUplink = "up0";

    /// <summary>The bridge's port to the other nodes.</summary>
    internal const string Vxlan = "vx0";

    internal const string PortPrefix = "p";

    internal const string MachineLinkPrefix = "eth";

    private const string RouterPrefix = "router.";

    internal static string Table(string tag) => $"figment_{tag}";

    internal static string UplinkPrefixOf(string tag) => UplinkPrefix + tag;

    internal static string Uplink(string tag, int network) => $"{UplinkPrefix}{tag}{network}";

    /// <summary>The pin of a network's router. With a dot: a machine's name ends in a dash and a number, so no machine can have this one.</summary>
    internal static string Router(int network) => $"{RouterPrefix}{network}";

    internal static bool IsRouter(string pin) => pin.StartsWith(RouterPrefix, StringComparison.Ordinal);

    /// <summary>A bridge port is named after the address behind it.</summary>
    internal static string Port(IPAddress address) => PortPrefix + Convert.ToHexStringLower(address.GetAddressBytes());

    /// <summary>Locally administered, and stable: neighbours that remember it stay right when the interface is made anew.</summary>
    internal static byte[] MacAddress(IPAddress address) => [0x02, 0x66, .. address.GetAddressBytes()];

    /// <summary>A bridge without the gateway must not take what is sent to it.</summary>
    internal static byte[] BridgeMacAddress(NetworkPlan network) => network.HasGateway ? MacAddress(network.Gateway) : [0x02, 0x67, .. network.Gateway.GetAddressBytes()];

    internal static string MacText(ReadOnlySpan<byte> mac) => string.Join(':', mac.ToArray().Select(part => part.ToString("x2", null)));
}
