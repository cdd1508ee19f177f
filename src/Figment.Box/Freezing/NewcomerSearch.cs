using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.SocketDiagnostics;
using Figment.Model.Specs;

namespace Figment.Box.Freezing;

/// <summary>Finds, while a machine is frozen, the socket at which something waits. One thread at a time.</summary>
internal sealed class NewcomerSearch(Descriptor network) : IDisposable
{
    private SocketTable? _sockets;

    /// <summary>Null: none, it is not the network that woke the machine.</summary>
    public Newcomer? Find()
    {
        try
        {
            Prepare();
            foreach (var connection in _sockets!.TcpConnections().Where(connection => !connection.IsInternal).OrderBy(connection => connection.IsAccepted))
            {
                if (!connection.IsAccepted || connection.ReceiveQueue > 0)
                {
                    return new Newcomer(connection.Remote.ToString(), connection.Local.Port, TransportProtocol.Tcp);
                }
            }

            return _sockets!.WaitingUdpSockets() is [var socket, ..]
                ? new Newcomer(socket.Remote.Port == 0 ? null : socket.Remote.ToString(), socket.Local.Port, TransportProtocol.Udp)
                : null;
        }
        catch (LinuxException)
        {
            // To go on matters more than to know why.
            return null;
        }
    }

    /// <summary>Makes what <see cref="Find"/> needs ahead of the moment in which somebody waits.</summary>
    public void Prepare() => _sockets ??= NamespaceThread.Run(network, NamespaceKind.Network, () => new SocketTable());

    public void Dispose() => _sockets?.Dispose();
}
