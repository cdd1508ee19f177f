using System.Diagnostics;
using System.Globalization;
using Figment.Linux.Native;
using Figment.Linux.Netlink;
using Figment.Linux.NetworkNamespaces;
using Figment.Linux.Splicing;

namespace Figment.Linux.Tests.Netlink;

/// <summary>Constants and sizes that we wrote down, against the installed headers: a C program prints the headers' own.</summary>
public sealed class HeaderTests
{
    private const string Includes = """
        #define _GNU_SOURCE
        #include <stdio.h>
        #include <fcntl.h>
        #include <stddef.h>
        #include <netinet/in.h>
        #include <netinet/tcp.h>
        #include <sys/socket.h>
        #include <sys/mount.h>
        #include <sys/statfs.h>
        #include <linux/magic.h>
        #include <linux/netlink.h>
        #include <linux/rtnetlink.h>
        #include <linux/if_link.h>
        #include <linux/if_addr.h>
        #include <linux/veth.h>
        #include <linux/neighbour.h>
        #include <linux/pkt_sched.h>
        #include <linux/gen_stats.h>
        """;

    [Fact]
    public void Constants_and_sizes_are_those_of_the_headers()
    {
        var ours = Ours();
        string source = Includes + "\nint main(void) {\n" + string.Concat(ours.Keys.Select(name => $"printf(\"%lld\\n\", (long long)({name}));\n")) + "return 0; }\n";
        string folder = Directory.CreateTempSubdirectory("figment-headers-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "constants.c"), source);
            Run("cc", "-o", Path.Combine(folder, "constants"), Path.Combine(folder, "constants.c"));
            var theirs = Run(Path.Combine(folder, "constants")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.Parse(line, CultureInfo.InvariantCulture));

            Assert.Equal(ours.Keys.Zip(theirs, (name, value) => $"{name} = {value}"), ours.Select(one => $"{one.Key} = {one.Value}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Dictionary<string, long> Ours() => new()
    {
        ["sizeof(struct nlmsghdr)"] = NetlinkRequest.HeaderBytes,
        ["sizeof(struct ifinfomsg)"] = RouteParser.LinkHeaderBytes,
        ["sizeof(struct ifaddrmsg)"] = RouteParser.AddressHeaderBytes,
        ["sizeof(struct rtmsg)"] = RouteParser.RouteHeaderBytes,
        ["sizeof(struct ndmsg)"] = RouteParser.NeighborHeaderBytes,
        ["offsetof(struct ndmsg, ndm_ifindex)"] = 4,
        ["offsetof(struct ndmsg, ndm_state)"] = 8,
        ["offsetof(struct ndmsg, ndm_flags)"] = 10,
        ["sizeof(struct tcmsg)"] = QueueClient.QueueHeaderBytes,
        ["offsetof(struct tcmsg, tcm_ifindex)"] = 4,
        ["offsetof(struct tcmsg, tcm_handle)"] = 8,
        ["offsetof(struct tcmsg, tcm_parent)"] = 12,
        ["sizeof(struct tc_tbf_qopt)"] = QueueClient.BucketBytes,
        ["offsetof(struct tc_tbf_qopt, rate.linklayer)"] = 1,
        ["offsetof(struct tc_tbf_qopt, rate.mpu)"] = 6,
        ["offsetof(struct tc_tbf_qopt, rate.rate)"] = 8,
        ["offsetof(struct tc_tbf_qopt, limit)"] = 24,
        ["offsetof(struct tc_tbf_qopt, buffer)"] = 28,
        ["offsetof(struct gnet_stats_queue, drops)"] = 8,
        ["sizeof(struct statfs)"] = System.Runtime.CompilerServices.Unsafe.SizeOf<Libc.Statfs>(),
        ["sizeof(struct sockaddr_in6)"] = SocketName.BytesMax,
        ["RTM_NEWLINK"] = (long)RouteMessage.NewLink,
        ["RTM_DELLINK"] = (long)RouteMessage.DeleteLink,
        ["RTM_GETLINK"] = (long)RouteMessage.GetLink,
        ["RTM_SETLINK"] = (long)RouteMessage.SetLink,
        ["RTM_NEWADDR"] = (long)RouteMessage.NewAddress,
        ["RTM_DELADDR"] = (long)RouteMessage.DeleteAddress,
        ["RTM_GETADDR"] = (long)RouteMessage.GetAddress,
        ["RTM_NEWROUTE"] = (long)RouteMessage.NewRoute,
        ["RTM_DELROUTE"] = (long)RouteMessage.DeleteRoute,
        ["RTM_GETROUTE"] = (long)RouteMessage.GetRoute,
        ["RTM_NEWNEIGH"] = (long)RouteMessage.NewNeighbor,
        ["RTM_DELNEIGH"] = (long)RouteMessage.DeleteNeighbor,
        ["RTM_GETNEIGH"] = (long)RouteMessage.GetNeighbor,
        ["RTM_NEWQDISC"] = (long)RouteMessage.NewQueueDiscipline,
        ["RTM_DELQDISC"] = (long)RouteMessage.DeleteQueueDiscipline,
        ["RTM_GETQDISC"] = (long)RouteMessage.GetQueueDiscipline,
        ["NLM_F_REQUEST"] = (long)NetlinkFlags.Request,
        ["NLM_F_MULTI"] = (long)NetlinkFlags.Multi,
        ["NLM_F_ACK"] = (long)NetlinkFlags.Acknowledge,
        ["NLM_F_DUMP_INTR"] = (long)NetlinkFlags.DumpInterrupted,
        ["NLM_F_REPLACE"] = (long)NetlinkFlags.Replace,
        ["NLM_F_EXCL"] = (long)NetlinkFlags.Exclusive,
        ["NLM_F_DUMP"] = (long)NetlinkFlags.Dump,
        ["NLM_F_CREATE"] = (long)NetlinkFlags.Create,
        ["AF_NETLINK"] = Libc.Netlink.AF_NETLINK,
        ["SOL_NETLINK"] = Libc.Netlink.SOL_NETLINK,
        ["NETLINK_CAP_ACK"] = Libc.Netlink.NETLINK_CAP_ACK,
        ["NETLINK_EXT_ACK"] = Libc.Netlink.NETLINK_EXT_ACK,
        ["IFLA_ADDRESS"] = RouteParser.IFLA_ADDRESS,
        ["IFLA_IFNAME"] = RouteParser.IFLA_IFNAME,
        ["IFLA_MTU"] = RouteParser.IFLA_MTU,
        ["IFLA_LINK"] = RouteParser.IFLA_LINK,
        ["IFLA_MASTER"] = RouteParser.IFLA_MASTER,
        ["IFLA_LINKINFO"] = RouteParser.IFLA_LINKINFO,
        ["IFLA_INFO_KIND"] = LinkDetails.IFLA_INFO_KIND,
        ["IFLA_INFO_DATA"] = LinkDetails.IFLA_INFO_DATA,
        ["IFLA_NET_NS_FD"] = RouteClient.IFLA_NET_NS_FD,
        ["IFLA_NUM_TX_QUEUES"] = RouteClient.IFLA_NUM_TX_QUEUES,
        ["IFLA_NUM_RX_QUEUES"] = RouteClient.IFLA_NUM_RX_QUEUES,
        ["IFLA_BR_FORWARD_DELAY"] = RouteClient.IFLA_BR_FORWARD_DELAY,
        ["IFLA_BR_STP_STATE"] = RouteClient.IFLA_BR_STP_STATE,
        ["IFLA_BR_MCAST_SNOOPING"] = RouteClient.IFLA_BR_MCAST_SNOOPING,
        ["VETH_INFO_PEER"] = RouteClient.VETH_INFO_PEER,
        ["IFA_ADDRESS"] = RouteParser.IFA_ADDRESS,
        ["IFA_LOCAL"] = RouteParser.IFA_LOCAL,
        ["IFA_FLAGS"] = RouteClient.IFA_FLAGS,
        ["IFA_F_NODAD"] = RouteClient.IFA_F_NODAD,
        ["RTA_DST"] = RouteParser.RTA_DST,
        ["RTA_OIF"] = RouteParser.RTA_OIF,
        ["RTA_GATEWAY"] = RouteParser.RTA_GATEWAY,
        ["RTA_TABLE"] = RouteParser.RTA_TABLE,
        ["RT_TABLE_MAIN"] = RouteParser.RT_TABLE_MAIN,
        ["RTN_UNICAST"] = RouteParser.RTN_UNICAST,
        ["RTPROT_STATIC"] = RouteClient.RTPROT_STATIC,
        ["RT_SCOPE_LINK"] = RouteClient.RT_SCOPE_LINK,
        ["RT_SCOPE_UNIVERSE"] = RouteClient.RT_SCOPE_UNIVERSE,
        ["MS_BIND"] = (long)NamespaceFolder.MS_BIND,
        ["MS_REC"] = (long)NamespaceFolder.MS_REC,
        ["MS_PRIVATE"] = (long)NamespaceFolder.MS_PRIVATE,
        ["MNT_DETACH"] = NamespaceFolder.MNT_DETACH,
        ["UMOUNT_NOFOLLOW"] = NamespaceFolder.UMOUNT_NOFOLLOW,
        ["NSFS_MAGIC"] = NamespaceFolder.NSFS_MAGIC,
        ["SOCK_NONBLOCK"] = NetworkSocket.SOCK_NONBLOCK,
        ["SOCK_CLOEXEC"] = NetworkSocket.SOCK_CLOEXEC,
        ["SOL_SOCKET"] = NetworkSocket.SOL_SOCKET,
        ["SO_REUSEADDR"] = NetworkSocket.SO_REUSEADDR,
        ["SO_ERROR"] = NetworkSocket.SO_ERROR,
        ["SO_KEEPALIVE"] = NetworkSocket.SO_KEEPALIVE,
        ["SO_LINGER"] = NetworkSocket.SO_LINGER,
        ["IPPROTO_TCP"] = NetworkSocket.IPPROTO_TCP,
        ["TCP_NODELAY"] = NetworkSocket.TCP_NODELAY,
        ["IPPROTO_IPV6"] = NetworkSocket.IPPROTO_IPV6,
        ["IPV6_V6ONLY"] = NetworkSocket.IPV6_V6ONLY,
        ["MSG_DONTWAIT"] = NetworkSocket.MSG_DONTWAIT,
        ["MSG_NOSIGNAL"] = NetworkSocket.MSG_NOSIGNAL,
        ["MSG_TRUNC"] = NetworkSocket.MSG_TRUNC,
        ["SHUT_WR"] = NetworkSocket.SHUT_WR,
        ["AF_INET"] = SocketName.AF_INET,
        ["AF_INET6"] = SocketName.AF_INET6,
        ["SPLICE_F_MOVE"] = SplicePipe.SPLICE_F_MOVE,
        ["SPLICE_F_NONBLOCK"] = SplicePipe.SPLICE_F_NONBLOCK,
    };

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {error.Result}");
        return output;
    }
}
