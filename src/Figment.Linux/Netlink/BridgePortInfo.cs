namespace Figment.Linux.Netlink;

/// <summary>How a bridge treats one of its ports.</summary>
/// <param name="Learns">Who sends through the port is looked for behind it from then on.</param>
/// <param name="Floods">Frames for an address that the bridge does not know are sent there too, as broadcasts are in any case.</param>
public sealed record BridgePortInfo(bool Learns, bool Floods);
