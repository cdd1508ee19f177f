using Figment.Machines.Intervals;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Simulation.Engine;

/// <summary>Changes of state, and the intervals between them, as a node keeps them: each begins where the one before ends.</summary>
internal sealed class Ledger(bool keepsEvents)
{
    private readonly SortedDictionary<string, List<MachineInterval>> _intervals = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (MachineModel Machine, long ProcessorUs, long Received, long Sent)> _read = new(StringComparer.Ordinal);
    private readonly List<MachineEvent> _events = [];
    private readonly Dictionary<string, MachineEvent> _last = new(StringComparer.Ordinal);
    private long _sequence;

    /// <summary>When simulated time begins.</summary>
    public static DateTimeOffset Epoch { get; } = DateTimeOffset.UnixEpoch;

    public IReadOnlyList<MachineEvent> Events => _events;

    /// <summary>The last of each machine.</summary>
    public IReadOnlyList<MachineEvent> Last => [.. _last.Values.OrderBy(@event => @event.Sequence)];

    public IReadOnlyDictionary<string, List<MachineInterval>> Intervals => _intervals;

    public void Open(MachineModel machine)
    {
        _read[machine.Name] = (machine, 0, 0, 0);
        _intervals[machine.Name] = [new MachineInterval { Machine = machine.Name, Service = machine.Launch.Service, State = MachineState.Imaginary, Begin = Epoch }];
    }

    public void Record(string name, MachineState from, MachineState to, Signal cause, int? exitCode, long nowUs)
    {
        var at = Epoch.AddMicroseconds(nowUs);
        var spent = Close(name, at);
        _intervals[name].Add(new MachineInterval
        {
            Machine = name,
            Service = _read[name].Machine.Launch.Service,
            State = to,
            Begin = at,
            Cause = cause.Kind,
            IsWake = MachineInterval.Wakes(from, to),
        });
        var change = new MachineEvent { Sequence = ++_sequence, At = at, Machine = name, From = from, To = to, Cause = cause, ExitCode = exitCode, Spent = spent };
        _last[name] = change;
        if (keepsEvents)
        {
            _events.Add(change);
        }
    }

    /// <summary>What lies behind the horizon does not count; what goes on is cut off there.</summary>
    public void End(long horizonUs)
    {
        var end = Epoch.AddMicroseconds(horizonUs);
        foreach (var (name, intervals) in _intervals)
        {
            if (intervals[^1].End is null && intervals[^1].Begin <= end)
            {
                Close(name, end);
            }

            intervals.RemoveAll(interval => interval.Begin > end);
            if (intervals[^1].End is null || intervals[^1].End > end)
            {
                intervals[^1] = Slices.After(intervals[^1] with { End = end }, null, end)!;
            }
        }
    }

    private MachineUsage? Close(string name, DateTimeOffset at)
    {
        var intervals = _intervals[name];
        var open = intervals[^1];
        var (machine, processorUs, received, sent) = _read[name];
        long nowProcessorUs = machine.ProcessorUs();
        MachineUsage? usage = null;
        if (open.State.RunsProgram())
        {
            long ms = (at - open.Begin).Ticks / TimeSpan.TicksPerMillisecond;
            usage = new MachineUsage
            {
                ProcessorUs = open.State == MachineState.Frozen ? 0 : nowProcessorUs - processorUs,
                MemoryKibMs = machine.Model.MemoryKib * ms,
                NetworkReceivedBytes = machine.NetworkReceivedBytes - received,
                NetworkSentBytes = machine.NetworkSentBytes - sent,
            };
        }

        if (open.State != MachineState.Frozen)
        {
            // What a machine took before its keeper read it belongs to the next interval.
            processorUs = nowProcessorUs;
        }

        _read[name] = (machine, processorUs, machine.NetworkReceivedBytes, machine.NetworkSentBytes);
        intervals[^1] = open with { End = at, Usage = usage };
        return usage;
    }
}
