using Figment.Linux.Native;

namespace Figment.Linux.Internet;

/// <summary>What kind of socket it is.</summary>
/// <param name="Domain">AF_*.</param>
/// <param name="Type">SOCK_*.</param>
/// <param name="Protocol">IPPROTO_*.</param>
public readonly record struct SocketIdentity(int Domain, int Type, int Protocol)
{
    public bool IsVersion6 => Domain == Libc.AF_INET6;

    public bool IsInternet => Domain is Libc.AF_INET or Libc.AF_INET6;

    /// <summary>Multipath TCP, which Go's servers ask for, serves plain TCP clients, and a TCP socket serves such a server.</summary>
    public bool IsTcp => IsInternet && Type == Libc.SOCK_STREAM && Protocol is Libc.IPPROTO_TCP or Libc.IPPROTO_MPTCP;

    public bool IsUdp => IsInternet && Type == Libc.SOCK_DGRAM && Protocol == Libc.IPPROTO_UDP;
}
