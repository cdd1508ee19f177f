using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Netlink;

/// <summary>Becomes readable when somebody changes nftables' rules in the network namespace of the thread that made it (iptables of today changes them too).</summary>
public sealed unsafe class RuleSetWatch : IDisposable
{
    public RuleSetWatch()
    {
        Descriptor = new Descriptor(LinuxException.ThrowIfNegative(
            Libc.socket(Libc.Netlink.AF_NETLINK, Libc.Netlink.SOCK_RAW | Libc.Netlink.SOCK_CLOEXEC | Libc.Netlink.SOCK_NONBLOCK, Libc.Netlink.NETLINK_NETFILTER), "socket(2)", "NETLINK_NETFILTER"));

        // sockaddr_nl: family, padding, the port (0: any), the groups. A socket without a port of its own is passed over by the kernel's notices.
        uint* address = stackalloc uint[] { Libc.Netlink.AF_NETLINK, 0, 1u << (Libc.Netlink.NFNLGRP_NFTABLES - 1) };
        LinuxException.ThrowIfNegative(Libc.bind(Descriptor.Number, address, 3 * sizeof(uint)), "bind(2)", "NFNLGRP_NFTABLES");
    }

    public Descriptor Descriptor { get; }

    /// <summary>Takes all that waits: what was changed is not told, it is to be looked at.</summary>
    public void Drain()
    {
        byte none;

        // Datagrams are cut to nothing; ENOBUFS says that some were lost, which is as good.
        while (Libc.recv(Descriptor.Number, &none, 0, 0) >= 0 || Marshal.GetLastPInvokeError() is (int)Errno.EINTR or (int)Errno.ENOBUFS)
        {
        }
    }

    public void Dispose() => Descriptor.Dispose();
}
