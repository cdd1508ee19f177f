using System.Diagnostics.Metrics;
using Figment.Machines.Intervals;
using Figment.Model.Control;
using Figment.Model.Signals;
using Figment.Model.States;
using Figment.Node.Journal;

namespace Figment.Node.Telemetry;

/// <summary>
/// The node's meter: what docs/metrics.md lists. Events are counted as the journal takes them in, each once; the rest is what the last sample said.
/// Nobody listens by default, and then an event costs some nanoseconds. Any thread.
/// </summary>
public sealed class MachineTelemetry : IDisposable
{
    public const string MeterName = "Figment.Machines";

    /// <summary>From what the kernel alone takes to what a large program takes.</summary>
    private static readonly double[] WakeBoundsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly bool _byMachine;
    private readonly Counter<long> _transitions;
    private readonly Counter<long> _wakes;
    private readonly Counter<long> _thaws;
    private readonly Counter<long> _coldStarts;
    private readonly Histogram<double> _wakeDuration;
    private readonly Histogram<double> _initDuration;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Application, string Machine), Start> _starts = [];
    private readonly Dictionary<(string Application, string Series), double> _counted = [];
    private TelemetrySample _sample = new();

    /// <param name="byMachine">Each machine has series of its own: a label more, and as many series as there are machines.</param>
    public MachineTelemetry(bool byMachine)
    {
        _byMachine = byMachine;
        Meter = new Meter(MeterName);
        var bounds = new InstrumentAdvice<double> { HistogramBucketBoundaries = WakeBoundsSeconds };
        _transitions = Meter.CreateCounter<long>("figment.machine.transitions", "{transition}", "Changes of machines' states.");
        _wakes = Meter.CreateCounter<long>("figment.machine.wakes", "{wake}", "Machines that were at rest and are not any more.");
        _thaws = Meter.CreateCounter<long>("figment.machine.thaws", "{thaw}", "Wakes of frozen machines, whose programs went on where they stood.");
        _coldStarts = Meter.CreateCounter<long>("faas.coldstarts", "{coldstart}", "Wakes of machines that had no program.");
        _wakeDuration = Meter.CreateHistogram("figment.machine.wake.duration", "s", "From the signal to a machine that runs, with its dependencies; thaws are not in it.", tags: null, bounds);
        _initDuration = Meter.CreateHistogram("faas.init_duration", "s", "From a program's start to its first listening.", tags: null, bounds);
        Meter.CreateObservableUpDownCounter("figment.machine.count", Count, "{machine}", "Machines by their state.");
        Meter.CreateObservableCounter("figment.machine.state.time", () => Seconds("state.time", total => total.WallUs), "s", "Time that machines spent in each state.");
        Meter.CreateObservableCounter("container.cpu.time", () => Seconds("cpu.time", total => total.Usage.ProcessorUs, byState: false), "s", "Processor time that machines took.");
        Meter.CreateObservableCounter("container.network.io", NetworkBytes, "By", "Bytes that machines' interfaces carried.");
        Meter.CreateObservableUpDownCounter("container.memory.usage", MemoryBytes, "By", "Memory that machines are charged with now.");
        Meter.CreateObservableCounter("process.cpu.time", ProcessSeconds, "s", "Processor time that Figment's own processes took.");
        Meter.CreateObservableUpDownCounter("process.memory.usage", () => OfProcesses(use => use.ResidentBytes), "By", "Physical memory of Figment's own processes.");
        Meter.CreateObservableUpDownCounter("process.memory.virtual", () => OfProcesses(use => use.AddressSpaceBytes), "By", "Address space of Figment's own processes.");
        Meter.CreateObservableUpDownCounter("process.thread.count", () => OfProcesses(use => use.ThreadCount), "{thread}", "Threads of Figment's own processes.");
        Meter.CreateObservableUpDownCounter("process.unix.file_descriptor.count", () => OfProcesses(use => use.DescriptorCount), "{file_descriptor}", "Open descriptors of Figment's own processes.");
        Meter.CreateObservableGauge("process.uptime", () => OfProcesses(use => use.UptimeSeconds), "s", "How long Figment's own processes have been running.");
        Migrations = new MigrationTelemetry(Meter, Labels, Sample);
        Traces = new WakeTraces();
    }

    public Meter Meter { get; }

    /// <summary>Of moves, snapshots and restores.</summary>
    public MigrationTelemetry Migrations { get; }

    public WakeTraces Traces { get; }

    /// <summary>Counts events that the journal has just taken in, in their order.</summary>
    /// <param name="application">Whose.</param>
    /// <param name="events">New ones only.</param>
    /// <param name="serviceOf">The service of a machine by its name.</param>
    public void Record(string application, IReadOnlyList<JournalEvent> events, Func<string, string> serviceOf)
    {
        lock (_lock)
        {
            foreach (var change in events.Select(one => one.View.Event))
            {
                string service = serviceOf(change.Machine);
                Count(application, service, change);
                Traces.Record(application, service, change);
            }
        }
    }

    /// <summary>What observed metrics tell from now on.</summary>
    public void Observe(TelemetrySample sample)
    {
        lock (_lock)
        {
            var up = sample.Applications.ToHashSet(StringComparer.Ordinal);
            foreach (var key in _starts.Keys.Where(key => !up.Contains(key.Application)).ToList())
            {
                _starts.Remove(key);
            }

            foreach (var key in _counted.Keys.Where(key => !up.Contains(key.Application)).ToList())
            {
                _counted.Remove(key);
            }

            Traces.Forget(up);
            _sample = sample;
        }
    }

    public void Dispose()
    {
        Meter.Dispose();
        Traces.Dispose();
    }

    private void Count(string application, string service, MachineEvent change)
    {
        var labels = Labels(application, service, change.Machine);
        _transitions.Add(1, [.. labels, new("from", MetricWords.Of(change.From)), new("to", MetricWords.Of(change.To))]);
        var key = (application, change.Machine);
        if (MachineInterval.Wakes(change.From, change.To))
        {
            _wakes.Add(1, [.. labels, new("cause", MetricWords.Of(change.Cause.Kind)), new("from", MetricWords.Of(change.From))]);
            bool isThaw = change.From == MachineState.Frozen;
            (isThaw ? _thaws : _coldStarts).Add(1, labels);
            if (!isThaw)
            {
                _starts[key] = new Start(change.At, MetricWords.Of(change.Cause.Kind), ProgramAt: null, IsStored: change.From == MachineState.Hibernated);
            }
        }

        var start = _starts.GetValueOrDefault(key);
        CountRestore(application, service, change, start);
        switch (change.To)
        {
            case MachineState.Waiting:
                break;
            case MachineState.Starting:
                _starts[key] = (start ?? new Start(WokenAt: null, Cause: null, ProgramAt: null, IsStored: false)) with { ProgramAt = change.At };
                break;
            case MachineState.Running when start is not null:
                Finish(labels, start, change.At);
                _starts.Remove(key);
                break;
            default:
                _starts.Remove(key);
                break;
        }
    }

    /// <summary>Those that users ask for are counted where they are asked for: what such a machine was before tells nothing.</summary>
    private void CountRestore(string application, string service, MachineEvent change, Start? start)
    {
        var took = start?.ProgramAt is { } begun && change.At > begun ? change.At - begun : TimeSpan.Zero;
        switch (change)
        {
            case { From: MachineState.Starting, To: MachineState.Running, FromSnapshot: true }:
                Migrations.Restored(application, service, change.Machine, SnapshotUse.Warm, took);
                break;
            case { From: MachineState.Starting, To: MachineState.Waiting, Cause.Kind: SignalKind.Snapshot }:
                Migrations.Restored(application, service, change.Machine, SnapshotUse.Warm, took: null);
                break;
            case { From: MachineState.Starting, To: MachineState.Running or MachineState.Failed } when start is { IsStored: true }:
                Migrations.Restored(application, service, change.Machine, SnapshotUse.Hibernate, change.To == MachineState.Running ? took : null);
                break;
        }
    }

    private void Finish(KeyValuePair<string, object?>[] labels, Start start, DateTimeOffset at)
    {
        if (start is { WokenAt: { } woken, Cause: { } cause })
        {
            _wakeDuration.Record(Math.Max(0, (at - woken).TotalSeconds), [.. labels, new("cause", cause)]);
        }

        if (start.ProgramAt is { } begun)
        {
            _initDuration.Record(Math.Max(0, (at - begun).TotalSeconds), labels);
        }
    }

    private KeyValuePair<string, object?>[] Labels(string application, string service, string machine) =>
        _byMachine ? [new("application", application), new("service", service), new("machine", machine)] : [new("application", application), new("service", service)];

    private List<Measurement<long>> Count()
    {
        var sample = Sample();
        return Sum(sample.Machines.Select(machine => (Labels(machine), (string?)MetricWords.Of(machine.State), 1L)), "state").ConvertAll(sum => new Measurement<long>(sum.Value, sum.Labels));
    }

    private List<Measurement<long>> MemoryBytes()
    {
        var sample = Sample();
        var sums = Sum(from machine in sample.Machines where machine.MemoryBytes is not null select (Labels(machine), (string?)MetricWords.Of(machine.State), machine.MemoryBytes!.Value), "state");
        return sums.ConvertAll(sum => new Measurement<long>(sum.Value, sum.Labels));
    }

    private List<Measurement<double>> Seconds(string name, Func<MachineTotal, long> us, bool byState = true) =>
        Growing(name, Sum(Sample().Totals.Select(total => (Labels(total.Application, total.Service, total.Machine), byState ? MetricWords.Of(total.State) : null, us(total))), "state"))
            .ConvertAll(sum => new Measurement<double>(sum.Value / 1e6, sum.Labels));

    private List<Measurement<long>> NetworkBytes()
    {
        var bytes = Sample().Totals.SelectMany(total => new[]
        {
            (Labels(total.Application, total.Service, total.Machine), (string?)"receive", total.Usage.NetworkReceivedBytes),
            (Labels(total.Application, total.Service, total.Machine), "transmit", total.Usage.NetworkSentBytes),
        });
        return Growing("network", Sum(bytes, "network.io.direction")).ConvertAll(sum => new Measurement<long>((long)sum.Value, sum.Labels));
    }

    private List<Measurement<double>> ProcessSeconds() =>
        [.. Sample().Processes.SelectMany(use => new Measurement<double>[]
        {
            new(use.UserSeconds, [.. Labels(use), new("cpu.mode", "user")]),
            new(use.SystemSeconds, [.. Labels(use), new("cpu.mode", "system")]),
        })];

    private List<Measurement<T>> OfProcesses<T>(Func<ProcessUse, T> value)
        where T : struct =>
        [.. Sample().Processes.Select(use => new Measurement<T>(value(use), Labels(use)))];

    private KeyValuePair<string, object?>[] Labels(MachineNow machine) => Labels(machine.Application, machine.Service, machine.Machine);

    private static KeyValuePair<string, object?>[] Labels(ProcessUse use) =>
        use.Application is { } application ? [new("program", use.Program), new("application", application)] : [new("program", use.Program)];

    private static List<(KeyValuePair<string, object?>[] Labels, long Value)> Sum(IEnumerable<(KeyValuePair<string, object?>[] Labels, string? Word, long Value)> parts, string word) =>
    [
        .. from part in parts
           group part by string.Join('\0', part.Labels.Select(label => label.Value).Append(part.Word)) into series
           let first = series.First()
           select ((KeyValuePair<string, object?>[])(first.Word is null ? first.Labels : [.. first.Labels, new(word, first.Word)]), series.Sum(part => part.Value)),
    ];

    /// <summary>A counter never falls: while a keeper does not answer, what its machines have used in the interval that goes on is not known, and the last that was told stays.</summary>
    private List<(KeyValuePair<string, object?>[] Labels, double Value)> Growing(string name, List<(KeyValuePair<string, object?>[] Labels, long Value)> sums)
    {
        lock (_lock)
        {
            return sums.ConvertAll(sum =>
            {
                var key = ((string)sum.Labels[0].Value!, $"{name}\0{string.Join('\0', sum.Labels.Select(label => label.Value))}");
                double value = Math.Max(sum.Value, _counted.GetValueOrDefault(key));
                _counted[key] = value;
                return (sum.Labels, value);
            });
        }
    }

    private TelemetrySample Sample()
    {
        lock (_lock)
        {
            return _sample;
        }
    }

    /// <summary>A start under way; without the first two it is one that no wake asked for: a restart.</summary>
    private sealed record Start(DateTimeOffset? WokenAt, string? Cause, DateTimeOffset? ProgramAt, bool IsStored);
}
