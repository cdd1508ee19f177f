namespace Figment.Linux.Netlink;

/// <summary>What went through an interface since it was made, with the headers of its layer.</summary>
public readonly record struct LinkTraffic(long ReceivedBytes, long SentBytes);
