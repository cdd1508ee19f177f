using System.Net;
using System.Net.Sockets;
using Figment.Linux.Splicing;

namespace Figment.Linux.Netlink;

/// <summary>.NET's numbers of address families are Windows's; the kernel has its own.</summary>
internal static class AddressFamilies
{
    internal static ushort AddressFamilyNumber(this IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork ? SocketName.AF_INET : SocketName.AF_INET6;
}
