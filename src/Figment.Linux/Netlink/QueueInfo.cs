namespace Figment.Linux.Netlink;

/// <summary>A plug at an interface: a token bucket (tc-tbf(8)) that holds back what the interface is to send, or did.</summary>
/// <param name="LinkIndex">The interface.</param>
/// <param name="IsPlugged">Nothing leaves it; else it was opened and delays nothing.</param>
/// <param name="Waiting">Packets in it.</param>
/// <param name="Dropped">Packets that found it full, since it was made.</param>
public sealed record QueueInfo(int LinkIndex, bool IsPlugged, int Waiting, int Dropped);
