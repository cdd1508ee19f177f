namespace Figment.Linux.Native;

internal static unsafe partial class Libc
{
    /// <summary>Numbers of netlink sockets.</summary>
    internal static class Netlink
    {
        internal const int AF_NETLINK = 16;
        internal const int SOCK_RAW = 3;
        internal const int SOCK_CLOEXEC = 0x80000;
        internal const int SOCK_NONBLOCK = 0x800;
        internal const int NETLINK_ROUTE = 0;
        internal const int NETLINK_NETFILTER = 12;
        internal const int NFNLGRP_NFTABLES = 7;
        internal const int SOL_NETLINK = 270;
        internal const int NETLINK_CAP_ACK = 10;
        internal const int NETLINK_EXT_ACK = 11;
    }
}
