using System.Net;

namespace Figment.Linux.Netlink;

/// <summary>An address of an interface.</summary>
/// <param name="LinkIndex">The interface.</param>
/// <param name="Address">The interface's own address.</param>
/// <param name="PrefixLength">Of its network.</param>
public sealed record AddressInfo(int LinkIndex, IPAddress Address, int PrefixLength);
