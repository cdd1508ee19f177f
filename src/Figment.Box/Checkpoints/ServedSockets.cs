using Figment.Linux.Cgroups;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Box.Checkpoints;

/// <summary>The sockets with which a machine serves others: they outlive it, with the clients that wait in their queues.</summary>
internal static class ServedSockets
{
    /// <summary>As many as one message carries. A machine that serves more ports gets new sockets for the others.</summary>
    private const int Max = 60;

    /// <summary>Duplicates, one for each port.</summary>
    /// <param name="cgroup">The machine's, which stands still.</param>
    /// <param name="serves">Whether it has bound this UDP port as a service.</param>
    public static IReadOnlyList<(KnownPort Port, Descriptor Socket)> Take(MachineCgroup cgroup, Func<int, bool> serves)
    {
        Dictionary<(int, TransportProtocol), (KnownPort Port, Descriptor Socket)> found = [];
        foreach (var (socket, identity, _) in MachineSockets.Of(cgroup))
        {
            if (found.Count == Max || Describe(socket, identity, serves) is not { } port || !found.TryAdd((port.Port, port.Protocol), (port, socket)))
            {
                socket.Dispose();
            }
        }

        return [.. found.Values];
    }

    /// <summary>Null: nobody outside is served by it, or only over IPv6 by the sibling of another.</summary>
    private static KnownPort? Describe(Descriptor socket, SocketIdentity identity, Func<int, bool> serves)
    {
        if (InternetSocket.LocalEndpoint(socket) is not { Port: not 0 } local || local.IsLoopback
            || (identity.IsVersion6 && InternetSocket.IsVersion6Only(socket))
            || !(identity.IsTcp ? InternetSocket.IsListening(socket) : serves(local.Port) && InternetSocket.PeerEndpoint(socket) is null))
        {
            return null;
        }

        return new KnownPort { Port = local.Port, Protocol = identity.IsTcp ? TransportProtocol.Tcp : TransportProtocol.Udp, Family = identity.IsVersion6 ? ListenFamily.DualStack : ListenFamily.Ipv4 };
    }
}
