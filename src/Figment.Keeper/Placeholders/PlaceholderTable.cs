using System.Net;
using Figment.Keeper.Fabric;
using Figment.Keeper.Lifecycle;
using Figment.Linux.Errors;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;

namespace Figment.Keeper.Placeholders;

/// <summary>The placeholders of all machines, and the signals that arrive at them. The loop's thread.</summary>
internal sealed class PlaceholderTable(EventLoop loop, IFabric fabric, Log log, Action<string, Signal> signalled) : IDisposable
{
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
        IPEndPoint? peer = null;
        try
        {
            peer = _machines[machine].Peer(placeholder);
        }
        catch (LinuxException exception)
        {
            // Who it was is for the ledger only; the client is served all the same.
            log.Write($"{machine}: cannot tell who connects to port {placeholder.Port.Port}: {exception.Message}");
        }

        signalled(machine, new Signal
        {
            Kind = placeholder.Port.Protocol == TransportProtocol.Udp ? SignalKind.Datagram : SignalKind.Connection,
            FromMachine = peer is null ? null : fabric.MachineAt(peer.Address),
            FromAddress = peer is null ? null : fabric.OriginOf(peer).ToString(),
            Port = placeholder.Port.Port,
            Protocol = placeholder.Port.Protocol,
        });
    }
}
