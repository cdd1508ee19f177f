using System.Net;
using Figment.Keeper.Fabric;
using Figment.Keeper.Lifecycle;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Polling;
using Figment.Model.Control;
using Figment.Model.Signals;
using Figment.Model.Specs;

namespace Figment.Keeper.Hibernation;

/// <summary>
/// The connections of machines that are on storage. The kernel acknowledges what comes and answers for the machine; that something came, or that there is room again for what waited, is a signal.
/// The loop's thread. See docs/decisions/0015.
/// </summary>
/// <param name="loop">Of this object's thread.</param>
/// <param name="fabric">Knows who is at an address.</param>
/// <param name="signalled">Machine and signal.</param>
internal sealed class KeptSockets(EventLoop loop, IFabric fabric, Action<string, Signal> signalled) : IDisposable
{
    private const PollEvents Changes = PollEvents.Readable | PollEvents.PeerClosed | PollEvents.EdgeTriggered;

    private readonly Dictionary<string, List<Kept>> _machines = new(StringComparer.Ordinal);

    public void Add(string machine, IEnumerable<(KeptConnection Connection, Descriptor Socket)> connections)
    {
        if (!_machines.TryGetValue(machine, out var kept))
        {
            _machines.Add(machine, kept = []);
        }

        kept.AddRange(connections.Select(one => new Kept(one.Connection, one.Socket)));
    }

    /// <summary>Changes are reported from now on, or no longer.</summary>
    public void Watch(string machine, bool wanted)
    {
        foreach (var kept in _machines.GetValueOrDefault(machine) ?? [])
        {
            if (wanted && kept.Token is null)
            {
                var events = kept.Connection.Untaken > 0 ? Changes | PollEvents.Writable : Changes;
                kept.Token = loop.Watch(kept.Socket, events, () => Look(machine, kept));
            }
            else if (!wanted)
            {
                Unwatch(kept);
            }
        }
    }

    /// <summary>Gives all of a machine's away; the caller closes them.</summary>
    public IReadOnlyList<(KeptConnection Connection, Descriptor Socket)> Take(string machine)
    {
        if (!_machines.Remove(machine, out var taken))
        {
            return [];
        }

        taken.ForEach(Unwatch);
        return [.. taken.Select(kept => (kept.Connection, kept.Socket))];
    }

    /// <summary>The machine does not come back: the other ends are told.</summary>
    public void Close(string machine)
    {
        foreach (var (_, socket) in Take(machine))
        {
            socket.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (string machine in _machines.Keys.ToList())
        {
            Close(machine);
        }
    }

    /// <summary>It is said once of each that it is readable: what was there before counts as nothing new.</summary>
    private void Look(string machine, Kept kept)
    {
        try
        {
            var state = InternetSocket.StateOf(kept.Socket);
            bool hasEnded = state is TcpState.Closed or TcpState.CloseWait or TcpState.LastAck or TcpState.Closing or TcpState.TimeWait;
            if (InternetSocket.Unread(kept.Socket) > kept.Connection.Unread || (hasEnded && !kept.Connection.HasEnded) || InternetSocket.Untaken(kept.Socket) < kept.Connection.Untaken)
            {
                signalled(machine, Describe(kept.Socket));
            }
        }
        catch (LinuxException)
        {
            // A socket that cannot be asked has changed.
            signalled(machine, Describe(kept.Socket));
        }
    }

    private Signal Describe(Descriptor socket)
    {
        var signal = new Signal { Kind = SignalKind.Data, Port = InternetSocket.LocalEndpoint(socket)?.Port, Protocol = TransportProtocol.Tcp };
        return InternetSocket.PeerEndpoint(socket)?.Unmapped is { } peer
            ? signal with { FromMachine = fabric.MachineAt(peer.ToAddress()), FromAddress = fabric.OriginOf(new IPEndPoint(peer.ToAddress(), peer.Port)).ToString() }
            : signal;
    }

    private void Unwatch(Kept kept)
    {
        if (kept.Token is { } token)
        {
            loop.Unwatch(kept.Socket, token);
            kept.Token = null;
        }
    }

    private sealed class Kept(KeptConnection connection, Descriptor socket)
    {
        public KeptConnection Connection { get; } = connection;

        public Descriptor Socket { get; } = socket;

        public ulong? Token { get; set; }
    }
}
