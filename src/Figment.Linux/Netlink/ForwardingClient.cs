using System.Buffers.Binary;
using System.Net;
using Figment.Linux.Errors;
using static Figment.Linux.Netlink.ForwardingParser;
using static Figment.Linux.Netlink.RouteParser;

namespace Figment.Linux.Netlink;

/// <summary>
/// The tables by which bridges and VXLAN interfaces forward, in the namespace of the client whose socket it shares (bridge(8), <c>fdb</c>). Setting what is there already, or
/// deleting what is not, is no error. One thread at a time.
/// </summary>
public sealed class ForwardingClient(RouteClient client)
{
    internal const byte AF_BRIDGE = 7;

    private readonly NetlinkSocket _socket = client.Socket;

    public IReadOnlyList<ForwardingInfo> Entries()
    {
        var entries = new List<ForwardingInfo>();
        _socket.Dump(
            new NetlinkRequest(RouteMessage.GetNeighbor, NetlinkFlags.None, "all forwarding entries").Fixed(Header(0, 0, 0)),
            entries.Clear,
            payload =>
            {
                if (Entry(payload) is { } entry)
                {
                    entries.Add(entry);
                }
            });
        return entries;
    }

    /// <summary>A bridge sends frames for this address through this port of it, whoever else claims the address.</summary>
    public void SetPort(int port, ReadOnlySpan<byte> macAddress) =>
        _socket.Request(Request(RouteMessage.NewNeighbor, port, NUD_NOARP, NTF_MASTER | NTF_STICKY, macAddress));

    public void DeletePort(int port, ReadOnlySpan<byte> macAddress) =>
        ThrowUnlessGone(_socket.TryRequest(Request(RouteMessage.DeleteNeighbor, port, 0, NTF_MASTER, macAddress)));

    /// <summary>A VXLAN interface sends frames for this address to this node alone.</summary>
    public void SetNode(int vxlan, ReadOnlySpan<byte> macAddress, IPAddress node) =>
        _socket.Request(Request(RouteMessage.NewNeighbor, vxlan, NUD_PERMANENT, NTF_SELF, macAddress).Attribute(NDA_DST, node.GetAddressBytes()));

    public void DeleteNode(int vxlan, ReadOnlySpan<byte> macAddress) =>
        ThrowUnlessGone(_socket.TryRequest(Request(RouteMessage.DeleteNeighbor, vxlan, 0, NTF_SELF, macAddress)));

    private static NetlinkRequest Request(RouteMessage type, int link, ushort state, byte flags, ReadOnlySpan<byte> macAddress) =>
        new NetlinkRequest(type, type == RouteMessage.NewNeighbor ? NetlinkFlags.Create | NetlinkFlags.Replace : NetlinkFlags.None, $"forwarding of {RouteParser.MacText(macAddress)} at link {link}")
            .Fixed(Header(link, state, flags))
            .Attribute(NDA_LLADDR, macAddress);

    private static byte[] Header(int link, ushort state, byte flags)
    {
        byte[] header = new byte[NeighborHeaderBytes];
        header[0] = AF_BRIDGE;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), link);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), state);
        header[10] = flags;
        return header;
    }

    private static void ThrowUnlessGone(LinuxException? failure)
    {
        if (failure is not null && failure.Error != Errno.ENOENT)
        {
            throw failure;
        }
    }
}
