using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Figment.Daemon.Peers;

/// <summary>Who is at the other end of a Unix socket, as the kernel says (SO_PEERCRED and SO_PEERGROUPS, unix(7)): the process as it was when it connected.</summary>
internal sealed record PeerIdentity(int Pid, uint UserId, uint GroupId, IReadOnlyList<uint> Groups)
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;
    private const int SO_PEERGROUPS = 59;

    /// <summary>The kernel's bound is 65536; nobody but root is in so many, and root needs none.</summary>
    private const int GroupsMax = 4096;

    public static PeerIdentity Of(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials);
        byte[] buffer = new byte[GroupsMax * sizeof(uint)];
        int length = socket.GetRawSocketOption(SOL_SOCKET, SO_PEERGROUPS, buffer);
        return new PeerIdentity(
            BinaryPrimitives.ReadInt32LittleEndian(credentials),
            BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(credentials[8..]),
            MemoryMarshal.Cast<byte, uint>(buffer.AsSpan(0, length)).ToArray());
    }

    /// <summary>Root and the group <c>figment</c>: whoever may use this socket is root on the node in effect.</summary>
    public bool MayUse(uint? figmentGroup) => UserId == 0 || (figmentGroup is { } group && (GroupId == group || Groups.Contains(group)));
}
