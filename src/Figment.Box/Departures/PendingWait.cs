using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Polling;
using Figment.Linux.SocketDiagnostics;

namespace Figment.Box.Departures;

/// <summary>Waits for what the kernel has for the program to become the program's: what is not when the machine stands still is not in its dump.</summary>
/// <param name="network">The machine's network namespace.</param>
/// <param name="time">The clock.</param>
internal sealed class PendingWait(Descriptor network, TimeProvider time) : IDisposable
{
    /// <summary>Only new connections wait meanwhile. A program that is further behind does not serve them in time anyway.</summary>
    private static readonly TimeSpan ConnectionPatience = TimeSpan.FromSeconds(2);

    /// <summary>All wait meanwhile, and there are programs that never read a socket. Who waits for a datagram has it as soon as a processor is free.</summary>
    private static readonly TimeSpan DatagramPatience = TimeSpan.FromMilliseconds(20);

    private const int LookMs = 1;

    private readonly SocketTable _table = NamespaceThread.Run(network, NamespaceKind.Network, () => new SocketTable());
    private readonly Epoll _pause = new();

    /// <summary>Until no connection is being made. No new ones come: the other node gets their first packets.</summary>
    /// <returns>Those that there are all the same.</returns>
    public PendingConnections Connections()
    {
        PendingConnections left = default;
        Wait(() => (left = _table.Pending()).Count == 0, ConnectionPatience);
        return left;
    }

    /// <summary>Until no datagram waits. No more come.</summary>
    public void Datagrams() => Wait(() => _table.WaitingUdpSockets().Count == 0, DatagramPatience);

    public void Dispose()
    {
        _table.Dispose();
        _pause.Dispose();
    }

    private void Wait(Func<bool> isOver, TimeSpan patience)
    {
        long begun = time.GetTimestamp();
        while (!isOver() && time.GetElapsedTime(begun) < patience)
        {
            _pause.Wait(LookMs, []);
        }
    }
}
