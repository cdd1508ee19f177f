using Figment.Keeper.Fabric;
using Figment.Keeper.Lifecycle;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;

namespace Figment.Keeper.Placeholders;

/// <summary>The placeholders of all machines, and the signals that arrive at them. The loop's thread.</summary>
/// <param name="loop">Of this table's thread.</param>
/// <param name="fabric">Where the machines are.</param>
/// <param name="log">For what cannot be done.</param>
/// <param name="signalled">Machine, signal, and what adds to a signal who sent it: for TCP that takes longer than the decision to start, so it is asked afterwards.</param>
/// <param name="held">Called when a port is held at last that was not free before.</param>
internal sealed class PlaceholderTable(EventLoop loop, IFabric fabric, Log log, Action<string, Signal, Func<Signal, Signal>> signalled, Action held) : IDisposable
{
    /// <summary>Who had sockets of a program that was killed, as CRIU that dumped it, ends soon after it.</summary>
    private const long AgainMinMs = 20;

    private const long AgainMaxMs = 5_000;

    private readonly Dictionary<string, MachinePlaceholders> _machines = new(StringComparer.Ordinal);

    /// <summary>Makes and closes until the machine holds these ports. Returns whether anything changed.</summary>
    public bool Hold(string machine, IReadOnlyList<KnownPort> ports)
    {
        var placeholders = Of(machine);
        try
        {
            bool changed = placeholders.Hold(ports);
            foreach (string error in placeholders.Errors)
            {
                log.Write($"{machine}: {error}");
            }

            TryAgain(machine, placeholders, AgainMinMs);
            return changed;
        }
        catch (Exception exception) when (exception is LinuxException or FabricException)
        {
            // Without its namespace the machine cannot be reached; it stays in the status with the reason, the others go on.
            placeholders.Errors.Add($"no port can be held: {exception.Message}");
            log.Write($"{machine}: no port can be held: {exception.Message}");
            return false;
        }
    }

    /// <summary>Nobody would ever reach the machine by a port that nobody holds.</summary>
    private void TryAgain(string machine, MachinePlaceholders placeholders, long pauseMs)
    {
        if (!placeholders.Misses)
        {
            return;
        }

        int round = placeholders.Rounds;
        loop.Schedule(loop.NowMs + pauseMs, () =>
        {
            if (placeholders.Misses && round == placeholders.Rounds)
            {
                HoldMissing(machine, placeholders);
                TryAgain(machine, placeholders, Math.Min(pauseMs * 2, AgainMaxMs));
            }
        });
    }

    private void HoldMissing(string machine, MachinePlaceholders placeholders)
    {
        try
        {
            if (placeholders.HoldMissing())
            {
                log.Write($"{machine}: {(placeholders.Misses ? "some of its ports are" : "all of its ports are")} held by now");
                held();
            }
        }
        catch (Exception exception) when (exception is LinuxException or FabricException)
        {
            placeholders.Errors.Add($"no port can be held: {exception.Message}");
        }
    }

    /// <summary>Sockets with which a machine has served are its placeholders from now on.</summary>
    public void Adopt(string machine, IEnumerable<(KnownPort Port, Descriptor Socket)> sockets) => Of(machine).Adopt(sockets);

    public void Watch(string machine, bool wanted) => Of(machine).Watch(wanted);

    public IReadOnlyList<Placeholder> Take(string machine) => Of(machine).Take();

    public bool Close(string machine) => Of(machine).CloseAll();

    public MachinePlaceholders Of(string machine)
    {
        if (!_machines.TryGetValue(machine, out var placeholders))
        {
            placeholders = new MachinePlaceholders(loop, () => fabric.OpenMachine(machine), placeholder => Signal(machine, placeholder));
            _machines.Add(machine, placeholders);
        }

        return placeholders;
    }

    public IReadOnlyList<string> Errors(string machine) => _machines.TryGetValue(machine, out var placeholders) ? [.. placeholders.Errors] : [];

    public void Forget(string machine)
    {
        if (_machines.Remove(machine, out var placeholders))
        {
            placeholders.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var placeholders in _machines.Values)
        {
            placeholders.Dispose();
        }

        _machines.Clear();
    }

    private void Signal(string machine, Placeholder placeholder)
    {
        bool isDatagram = placeholder.Port.Protocol == TransportProtocol.Udp;
        var signal = new Signal
        {
            Kind = isDatagram ? SignalKind.Datagram : SignalKind.Connection,
            Port = placeholder.Port.Port,
            Protocol = placeholder.Port.Protocol,
        };
        if (isDatagram)
        {
            // Only the socket itself can tell, which is the box's once it is started.
            signal = Identify(machine, placeholder, signal);
            signalled(machine, signal, same => same);
        }
        else
        {
            signalled(machine, signal, bare => Identify(machine, placeholder, bare));
        }
    }

    private Signal Identify(string machine, Placeholder placeholder, Signal signal)
    {
        try
        {
            return Of(machine).Peer(placeholder) is { } peer
                ? signal with { FromMachine = fabric.MachineAt(peer.Address), FromAddress = fabric.OriginOf(peer).ToString() }
                : signal;
        }
        catch (LinuxException exception)
        {
            // Who it was is for the ledger only; the client is served all the same.
            log.Write($"{machine}: cannot tell who connects to port {placeholder.Port.Port}: {exception.Message}");
            return signal;
        }
    }
}
