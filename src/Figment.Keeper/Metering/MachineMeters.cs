using Figment.Keeper.Lifecycle;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Keeper.Metering;

/// <summary>What an application's machines use, by the intervals of their ledger. A machine that runs is looked at every ten seconds for its memory; while none runs nothing is due. The loop's thread.</summary>
internal sealed class MachineMeters(KeeperParts parts) : IDisposable
{
    /// <summary>Memory that comes and goes within so long is seen by chance only; a look costs a few microseconds.</summary>
    private const long SampleMs = 10_000;

    private readonly Dictionary<string, MachineMeter> _meters = new(StringComparer.Ordinal);
    private bool _isDue;

    /// <summary>A box that an earlier keeper left: it goes on from the counters of the machine's last event, so nothing is lost or counted twice. Of the memory in between the two ends are known.</summary>
    public void Adopt(string machine, IReadOnlyDictionary<string, string> cgroups, MachineEvent? last)
    {
        MachineMeter meter;
        if (last is { Reading: { } reading })
        {
            var ago = parts.Time.GetUtcNow() - last.At;
            meter = new MachineMeter(reading, last.To, parts.Time, ago > TimeSpan.Zero ? ago : TimeSpan.Zero);
            meter.Attach(cgroups);
        }
        else
        {
            // The ledger was lost: what was used before is not known.
            meter = new MachineMeter(new MachineReading(), last?.To ?? MachineState.Running, parts.Time);
            meter.Attach(cgroups);
            meter.Look();
            meter.Begin(meter.State, parts.Fabric.Traffic(machine));
        }

        Put(machine, meter);
    }

    public void Started(string machine, IReadOnlyDictionary<string, string> cgroups) => _meters.GetValueOrDefault(machine)?.Attach(cgroups);

    /// <summary>Its groups are about to go.</summary>
    public void Look(string machine) => _meters.GetValueOrDefault(machine)?.Look();

    /// <summary>Its memory is less than before from here on.</summary>
    public void Reclaimed(string machine, long bytesBefore) => _meters.GetValueOrDefault(machine)?.Reclaimed(bytesBefore);

    public void Ended(string machine, long? processorUs) => _meters.GetValueOrDefault(machine)?.End(processorUs);

    /// <summary>At each change of state: what the state that ends has used, and the counters with which the next one begins.</summary>
    public (MachineUsage? Spent, MachineReading? Reading) Change(string machine, MachineState from, MachineState to)
    {
        MachineUsage? spent = null;
        if (from.RunsProgram() && _meters.TryGetValue(machine, out var meter))
        {
            var traffic = parts.Fabric.Traffic(machine);
            meter.Look();
            spent = meter.Spent(traffic, goesOn: to.RunsProgram() && !meter.HasEnded);
            if (to.RunsProgram() && !meter.HasEnded)
            {
                var reading = meter.Begin(to, traffic);
                Expect();
                return (spent, reading);
            }

            meter.Dispose();
            _meters.Remove(machine);
        }

        if (!to.RunsProgram())
        {
            return (spent, null);
        }

        var begun = parts.Fabric.Traffic(machine);
        meter = new MachineMeter(new MachineReading(), to, parts.Time);
        Put(machine, meter);
        return (spent, meter.Begin(to, begun));
    }

    /// <summary>Since the last change; null without a program.</summary>
    public MachineUsage? SoFar(string machine)
    {
        if (!_meters.TryGetValue(machine, out var meter))
        {
            return null;
        }

        meter.Look();
        return meter.Spent(parts.Fabric.Traffic(machine));
    }

    public void Dispose()
    {
        foreach (var meter in _meters.Values)
        {
            meter.Dispose();
        }
    }

    private void Put(string machine, MachineMeter meter)
    {
        _meters.Remove(machine, out var former);
        former?.Dispose();
        _meters.Add(machine, meter);
        Expect();
    }

    private void Expect()
    {
        if (!_isDue && _meters.Values.Any(meter => meter.NeedsSamples))
        {
            _isDue = true;
            parts.Loop.Schedule(parts.Loop.NowMs + SampleMs, Sample);
        }
    }

    private void Sample()
    {
        _isDue = false;
        foreach (var meter in _meters.Values.Where(meter => meter.NeedsSamples))
        {
            meter.Look();
        }

        Expect();
    }
}
