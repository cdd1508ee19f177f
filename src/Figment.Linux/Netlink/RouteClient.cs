using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Figment.Linux.Errors;
using static Figment.Linux.Netlink.LinkDetails;
using static Figment.Linux.Netlink.RouteParser;

namespace Figment.Linux.Netlink;

/// <summary>Interfaces, addresses and routes of the network namespace of the thread that made it (rtnetlink(7)). One thread at a time.</summary>
public sealed class RouteClient : IDisposable
{
    internal const ushort IFLA_NET_NS_FD = 28;
    internal const ushort IFLA_NUM_TX_QUEUES = 31;
    internal const ushort IFLA_NUM_RX_QUEUES = 32;
    internal const ushort VETH_INFO_PEER = 1;
    internal const ushort IFLA_BR_FORWARD_DELAY = 1;
    internal const ushort IFLA_BR_STP_STATE = 5;
    internal const ushort IFLA_BR_MCAST_SNOOPING = 23;
    internal const ushort IFA_FLAGS = 8;
    internal const uint IFA_F_NODAD = 2;
    internal const byte RTPROT_STATIC = 4;
    internal const byte RT_SCOPE_UNIVERSE = 0;
    internal const byte RT_SCOPE_LINK = 253;

    /// <summary>One queue each way: the kernel's default is one a processor, which costs memory that a machine's few packets never need.</summary>
    private const uint VethQueues = 1;

    private readonly NetlinkSocket _socket = new();

    internal NetlinkSocket Socket => _socket;

    public IReadOnlyList<LinkInfo> Links()
    {
        var links = new List<LinkInfo>();
        _socket.Dump(new NetlinkRequest(RouteMessage.GetLink, NetlinkFlags.None, "all links").Fixed(LinkHeader(0)), links.Clear, payload => links.Add(Link(payload)));
        return links;
    }

    public IReadOnlyList<AddressInfo> Addresses()
    {
        var addresses = new List<AddressInfo>();
        _socket.Dump(
            new NetlinkRequest(RouteMessage.GetAddress, NetlinkFlags.None, "all addresses").Fixed(stackalloc byte[AddressHeaderBytes]),
            addresses.Clear,
            payload =>
            {
                if (Address(payload) is { } address)
                {
                    addresses.Add(address);
                }
            });
        return addresses;
    }

    /// <summary>Unicast routes of the main table, IPv4 and IPv6.</summary>
    public IReadOnlyList<RouteInfo> Routes()
    {
        var routes = new List<RouteInfo>();
        _socket.Dump(
            new NetlinkRequest(RouteMessage.GetRoute, NetlinkFlags.None, "all routes").Fixed(stackalloc byte[RouteHeaderBytes]),
            routes.Clear,
            payload =>
            {
                if (Route(payload) is { } route)
                {
                    routes.Add(route);
                }
            });
        return routes;
    }

    /// <summary>Null if there is none of that name.</summary>
    public LinkInfo? FindLink(string name)
    {
        LinkInfo? found = null;
        Find(name, payload => found = Link(payload));
        return found;
    }

    /// <summary>What went through one interface; null if there is none of that name.</summary>
    public LinkTraffic? Traffic(string name)
    {
        LinkTraffic? traffic = null;
        Find(name, payload => traffic = RouteParser.Traffic(payload));
        return traffic;
    }

    /// <summary>A bridge for a few machines: no spanning tree, no waiting before a port forwards, no multicast snooping.</summary>
    /// <param name="name">Of the bridge.</param>
    /// <param name="mtu">In bytes.</param>
    /// <param name="macAddress">Six bytes. Without one of its own a bridge takes that of a port, and its neighbours lose it when that port goes.</param>
    public void AddBridge(string name, int mtu, ReadOnlySpan<byte> macAddress) =>
        _socket.Request(new NetlinkRequest(RouteMessage.NewLink, NetlinkFlags.Create | NetlinkFlags.Exclusive, $"bridge {name}")
            .Fixed(LinkHeader(0))
            .Attribute(IFLA_IFNAME, name)
            .Attribute(IFLA_MTU, (uint)mtu)
            .Attribute(IFLA_ADDRESS, macAddress)
            .Nested(IFLA_LINKINFO, info => info
                .Attribute(IFLA_INFO_KIND, BridgeKind)
                .Nested(IFLA_INFO_DATA, data => data
                    .Attribute(IFLA_BR_FORWARD_DELAY, 0u)
                    .Attribute(IFLA_BR_STP_STATE, 0u)
                    .Attribute(IFLA_BR_MCAST_SNOOPING, [0]))));

    /// <summary>Makes both ends in one request. The near end is up; the far one cannot be before the two are tied (ENOTCONN), so its owner does that.</summary>
    public void AddVeth(VethPair pair)
    {
        var request = new NetlinkRequest(RouteMessage.NewLink, NetlinkFlags.Create | NetlinkFlags.Exclusive, $"pair {pair.Name} and {pair.PeerName}")
            .Fixed(LinkHeader(0, up: true))
            .Attribute(IFLA_IFNAME, pair.Name)
            .Attribute(IFLA_MTU, (uint)pair.Mtu)
            .Attribute(IFLA_NUM_TX_QUEUES, VethQueues)
            .Attribute(IFLA_NUM_RX_QUEUES, VethQueues);
        if (pair.Master != 0)
        {
            request.Attribute(IFLA_MASTER, (uint)pair.Master);
        }

        _socket.Request(request.Nested(IFLA_LINKINFO, info => info
            .Attribute(IFLA_INFO_KIND, "veth")
            .Nested(IFLA_INFO_DATA, data => data
                .Nested(VETH_INFO_PEER, peer =>
                {
                    peer.Fixed(LinkHeader(0))
                        .Attribute(IFLA_IFNAME, pair.PeerName)
                        .Attribute(IFLA_MTU, (uint)pair.Mtu)
                        .Attribute(IFLA_NUM_TX_QUEUES, VethQueues)
                        .Attribute(IFLA_NUM_RX_QUEUES, VethQueues)
                        .Attribute(IFLA_NET_NS_FD, (uint)pair.PeerNamespace.Number);
                    if (!pair.PeerMacAddress.IsEmpty)
                    {
                        peer.Attribute(IFLA_ADDRESS, pair.PeerMacAddress.Span);
                    }
                }))));
    }

    /// <summary>An interface between nodes, not up yet: who makes it says first how its bridge treats it.</summary>
    public void AddVxlan(VxlanLink link)
    {
        var vxlan = link.Vxlan;
        byte[] port = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(port, (ushort)vxlan.Port);
        _socket.Request(new NetlinkRequest(RouteMessage.NewLink, NetlinkFlags.Create | NetlinkFlags.Exclusive, $"VXLAN {vxlan.Vni} at UDP port {vxlan.Port}")
            .Fixed(LinkHeader(0))
            .Attribute(IFLA_IFNAME, link.Name)
            .Attribute(IFLA_MTU, (uint)link.Mtu)
            .Attribute(IFLA_NET_NS_FD, (uint)link.Namespace.Number)
            .Nested(IFLA_LINKINFO, info => info
                .Attribute(IFLA_INFO_KIND, VxlanKind)
                .Nested(IFLA_INFO_DATA, data =>
                {
                    data.Attribute(IFLA_VXLAN_ID, (uint)vxlan.Vni)
                        .Attribute(IFLA_VXLAN_PORT, port)
                        .Attribute(IFLA_VXLAN_LEARNING, [Convert.ToByte(vxlan.Learns)])
                        .Attribute(IFLA_VXLAN_PROXY, [Convert.ToByte(vxlan.Proxies)]);
                    if (vxlan.Local is { } local)
                    {
                        data.Attribute(IFLA_VXLAN_LOCAL, local.GetAddressBytes());
                    }
                })));
    }

    /// <summary>How its bridge treats a port.</summary>
    public void SetBridgePort(int link, BridgePortInfo port) =>
        _socket.Request(new NetlinkRequest(RouteMessage.NewLink, NetlinkFlags.None, $"bridge port {link}")
            .Fixed(LinkHeader(link))
            .Nested(IFLA_LINKINFO, info => info
                .Attribute(IFLA_INFO_SLAVE_KIND, BridgeKind)
                .Nested(IFLA_INFO_SLAVE_DATA, data => data
                    .Attribute(IFLA_BRPORT_LEARNING, [Convert.ToByte(port.Learns)])
                    .Attribute(IFLA_BRPORT_UNICAST_FLOOD, [Convert.ToByte(port.Floods)]))));

    public void SetUp(int link) =>
        _socket.Request(new NetlinkRequest(RouteMessage.SetLink, NetlinkFlags.None, $"link {link}").Fixed(LinkHeader(link, up: true)));

    public void SetMtu(int link, int mtu) =>
        _socket.Request(new NetlinkRequest(RouteMessage.SetLink, NetlinkFlags.None, $"MTU of link {link}").Fixed(LinkHeader(link)).Attribute(IFLA_MTU, (uint)mtu));

    /// <summary>Makes it a port of a bridge; 0: of none.</summary>
    public void SetMaster(int link, int master) =>
        _socket.Request(new NetlinkRequest(RouteMessage.SetLink, NetlinkFlags.None, $"bridge of link {link}").Fixed(LinkHeader(link)).Attribute(IFLA_MASTER, (uint)master));

    /// <summary>Deletes a link; one that is gone already is no error. The other end of a pair goes with it.</summary>
    public void DeleteLink(int link, string name)
    {
        var failure = _socket.TryRequest(new NetlinkRequest(RouteMessage.DeleteLink, NetlinkFlags.None, $"link {name}").Fixed(LinkHeader(link)));
        ThrowUnless(failure, Errno.ENODEV);
    }

    /// <summary>Gives an interface an address; one that is there already is no error.</summary>
    public void AddAddress(int link, IPAddress address, int prefixLength)
    {
        var request = AddressRequest(RouteMessage.NewAddress, NetlinkFlags.Create | NetlinkFlags.Replace, link, address, prefixLength);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            // Addresses are given out by one daemon: looking for duplicates would only delay the first use by a second.
            request.Attribute(IFA_FLAGS, IFA_F_NODAD);
        }

        _socket.Request(request);
    }

    /// <summary>Takes an address away; one that is gone already is no error.</summary>
    public void DeleteAddress(AddressInfo address) =>
        ThrowUnless(_socket.TryRequest(AddressRequest(RouteMessage.DeleteAddress, NetlinkFlags.None, address.LinkIndex, address.Address, address.PrefixLength)), Errno.EADDRNOTAVAIL);

    /// <summary>Sets the route to a destination, whatever was there before.</summary>
    public void ReplaceRoute(IPNetwork destination, IPAddress? gateway, int link) =>
        _socket.Request(RouteRequest(RouteMessage.NewRoute, NetlinkFlags.Create | NetlinkFlags.Replace, destination, gateway, link));

    /// <summary>Takes a route away; one that is gone already is no error.</summary>
    public void DeleteRoute(RouteInfo route) =>
        ThrowUnless(_socket.TryRequest(RouteRequest(RouteMessage.DeleteRoute, NetlinkFlags.None, route.Destination, route.Gateway, route.LinkIndex)), Errno.ESRCH);

    /// <summary>Addresses beside the namespace's interfaces that it has learned, IPv4 and IPv6; without those that need no learning, as a multicast group's.</summary>
    public IReadOnlyList<NeighborInfo> Neighbors()
    {
        var neighbors = new List<NeighborInfo>();
        _socket.Dump(
            new NetlinkRequest(RouteMessage.GetNeighbor, NetlinkFlags.None, "all neighbours").Fixed(stackalloc byte[NeighborHeaderBytes]),
            neighbors.Clear,
            payload =>
            {
                if (Neighbor(payload) is { } neighbor)
                {
                    neighbors.Add(neighbor);
                }
            });
        return neighbors;
    }

    /// <summary>Says for good who an address beside an interface is, whatever was known before.</summary>
    public void SetNeighbor(int link, IPAddress address, ReadOnlySpan<byte> macAddress) =>
        _socket.Request(NeighborRequest(RouteMessage.NewNeighbor, NetlinkFlags.Create | NetlinkFlags.Replace, link, address, NUD_PERMANENT).Attribute(NDA_LLADDR, macAddress));

    /// <summary>Forgets what was learned or said of an address; nothing to forget is no error.</summary>
    public void DeleteNeighbor(NeighborInfo neighbor) =>
        ThrowUnless(_socket.TryRequest(NeighborRequest(RouteMessage.DeleteNeighbor, NetlinkFlags.None, neighbor.LinkIndex, neighbor.Address, 0)), Errno.ENOENT);

    public void Dispose() => _socket.Dispose();

    private static void ThrowUnless(LinuxException? failure, Errno expected)
    {
        if (failure is not null && failure.Error != expected)
        {
            throw failure;
        }
    }

    private static byte[] LinkHeader(int index, bool up = false)
    {
        byte[] header = new byte[LinkHeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), index);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), up ? IFF_UP : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), up ? IFF_UP : 0);
        return header;
    }

    private void Find(string name, NetlinkSocket.DumpReader read) =>
        ThrowUnless(
            _socket.TryGet(new NetlinkRequest(RouteMessage.GetLink, NetlinkFlags.None, $"link {name}").Fixed(LinkHeader(0)).Attribute(IFLA_IFNAME, name), read),
            Errno.ENODEV);

    private static NetlinkRequest NeighborRequest(RouteMessage type, NetlinkFlags flags, int link, IPAddress address, ushort state)
    {
        byte[] header = new byte[NeighborHeaderBytes];
        header[0] = (byte)address.AddressFamilyNumber();
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), link);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), state);
        return new NetlinkRequest(type, flags, $"neighbour {address} of link {link}").Fixed(header).Attribute(NDA_DST, address.GetAddressBytes());
    }

    private static NetlinkRequest AddressRequest(RouteMessage type, NetlinkFlags flags, int link, IPAddress address, int prefixLength)
    {
        byte[] header = new byte[AddressHeaderBytes];
        header[0] = (byte)address.AddressFamilyNumber();
        header[1] = (byte)prefixLength;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), link);
        byte[] bytes = address.GetAddressBytes();
        return new NetlinkRequest(type, flags, $"address {address}/{prefixLength} of link {link}").Fixed(header).Attribute(IFA_LOCAL, bytes).Attribute(IFA_ADDRESS, bytes);
    }

    private static NetlinkRequest RouteRequest(RouteMessage type, NetlinkFlags flags, IPNetwork destination, IPAddress? gateway, int link)
    {
        byte[] header = new byte[RouteHeaderBytes];
        header[0] = (byte)destination.BaseAddress.AddressFamilyNumber();
        header[1] = (byte)destination.PrefixLength;
        header[4] = RT_TABLE_MAIN;
        header[5] = RTPROT_STATIC;
        header[6] = gateway is null ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
        header[7] = RTN_UNICAST;
        var request = new NetlinkRequest(type, flags, $"route to {destination}" + (gateway is null ? "" : $" by {gateway}")).Fixed(header);
        if (destination.PrefixLength > 0)
        {
            request.Attribute(RTA_DST, destination.BaseAddress.GetAddressBytes());
        }

        if (gateway is not null)
        {
            request.Attribute(RTA_GATEWAY, gateway.GetAddressBytes());
        }

        return link == 0 ? request : request.Attribute(RTA_OIF, (uint)link);
    }
}
