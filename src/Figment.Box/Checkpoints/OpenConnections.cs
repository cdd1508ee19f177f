using Figment.Linux.Cgroups;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Model.Control;

namespace Figment.Box.Checkpoints;

/// <summary>A machine's TCP connections with others: somebody keeps their sockets while it is on storage, so that the kernel goes on answering for it.</summary>
internal static class OpenConnections
{
    /// <summary>Duplicates, one for each.</summary>
    /// <param name="cgroup">The machine's, which stands still.</param>
    public static IReadOnlyList<(KeptConnection Connection, Descriptor Socket)> Take(MachineCgroup cgroup)
    {
        Dictionary<uint, (KeptConnection Connection, Descriptor Socket)> found = [];
        foreach (var (socket, identity, inode) in MachineSockets.Of(cgroup))
        {
            if (!identity.IsTcp || IsInternal(socket) || InternetSocket.StateOf(socket) is var state && state is TcpState.Closed or TcpState.Listening || !found.TryAdd(inode, (Describe(socket, inode, state), socket)))
            {
                socket.Dispose();
            }
        }

        return [.. found.Values];
    }

    private static KeptConnection Describe(Descriptor socket, uint inode, TcpState state) => new()
    {
        Inode = inode,
        Unread = InternetSocket.Unread(socket),
        Untaken = InternetSocket.Untaken(socket),
        HasEnded = state is TcpState.CloseWait or TcpState.LastAck or TcpState.Closing,
    };

    /// <summary>Both ends are in the machine, and go onto storage together.</summary>
    private static bool IsInternal(Descriptor socket) =>
        InternetSocket.LocalEndpoint(socket) is { } local && (local.IsLoopback || InternetSocket.PeerEndpoint(socket)?.Address == local.Address);
}
