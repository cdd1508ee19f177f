using System.Diagnostics.Metrics;
using Figment.Model.Control;

namespace Figment.Node.Telemetry;

/// <summary>What docs/metrics.md lists of moves, snapshots, restores and the store. Any thread.</summary>
public sealed class MigrationTelemetry
{
    /// <summary>From what a machine of a megabyte takes to what nobody calls live any more.</summary>
    private static readonly double[] StandstillBoundsSeconds = [0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10];

    private static readonly double[] RestoreBoundsSeconds = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly Func<string, string, string, KeyValuePair<string, object?>[]> _labels;
    private readonly Counter<long> _moves;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _rounds;
    private readonly Histogram<double> _standstill;
    private readonly Counter<long> _restores;
    private readonly Histogram<double> _restore;

    /// <param name="meter">Gets the instruments.</param>
    /// <param name="labels">Of an application, a service and a machine.</param>
    /// <param name="sample">The last look at the node.</param>
    internal MigrationTelemetry(Meter meter, Func<string, string, string, KeyValuePair<string, object?>[]> labels, Func<TelemetrySample> sample)
    {
        _labels = labels;
        _moves = meter.CreateCounter<long>("figment.machine.moves", "{move}", "Moves of machines between nodes that have ended.");
        _sent = meter.CreateCounter<long>("figment.machine.move.io", "By", "Bytes that moves have sent from this node.");
        _rounds = meter.CreateCounter<long>("figment.machine.move.rounds", "{round}", "Rounds in which machines that left were copied while they ran.");
        _standstill = meter.CreateHistogram("figment.machine.move.standstill", "s", "For how long machines that left stood still.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = StandstillBoundsSeconds });
        _restores = meter.CreateCounter<long>("figment.machine.restores", "{restore}", "Machines that were to go on from a snapshot.");
        _restore = meter.CreateHistogram("figment.machine.restore.duration", "s", "From the start of a box to a machine that runs, of those that went on from a snapshot.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = RestoreBoundsSeconds });
        Observe("figment.machine.snapshots", "{snapshot}", "Snapshots that were to be taken.", count => [(count.Done, "done"), (count.Failed, "failed")]);
        Observe("figment.machine.snapshot.io", "By", "Bytes of the images of snapshots.", count => [(count.Bytes, null)]);
        meter.CreateObservableCounter("figment.machine.snapshot.time", () => Seconds(count => count.TookMs), "s", "Time that snapshots took.");
        meter.CreateObservableCounter("figment.machine.snapshot.standstill", () => Seconds(count => count.PauseMs), "s", "Time for which machines stood still for snapshots of them.");
        meter.CreateObservableUpDownCounter("figment.snapshot.store.size", () => Of(sample().StoreBytes), "By", "What the store of snapshots takes.");
        meter.CreateObservableUpDownCounter("figment.snapshot.store.quota", () => Of(sample().StoreQuotaBytes), "By", "What the store of snapshots may take.");

        void Observe(string name, string unit, string description, Func<SnapshotCount, (long Value, string? Outcome)[]> values) =>
            meter.CreateObservableCounter(name, () => sample().Snapshots.SelectMany(one => values(one.Count).Select(value => new Measurement<long>(value.Value, Labels(one.Application, one.Count, value.Outcome)))), unit, description);

        IEnumerable<Measurement<double>> Seconds(Func<SnapshotCount, long> ms) =>
            sample().Snapshots.Select(one => new Measurement<double>(ms(one.Count) / 1e3, Labels(one.Application, one.Count, outcome: null)));
    }

    /// <summary>A move from this node has ended.</summary>
    /// <param name="application">Whose machine.</param>
    /// <param name="service">Of which service.</param>
    /// <param name="machine">Which.</param>
    /// <param name="isDone">Else it has stayed.</param>
    /// <param name="bytes">Sent.</param>
    /// <param name="rounds">While it ran.</param>
    /// <param name="downtimeMs">Null: it never stood still.</param>
    public void Left(string application, string service, string machine, bool isDone, long bytes, int rounds, double? downtimeMs)
    {
        var labels = _labels(application, service, machine);
        _moves.Add(1, [.. labels, new("direction", "out"), new("outcome", isDone ? "done" : "stayed")]);
        _sent.Add(bytes, labels);
        _rounds.Add(rounds, labels);
        if (downtimeMs is { } ms)
        {
            _standstill.Record(ms / 1e3, [.. labels, new("outcome", isDone ? "done" : "stayed")]);
        }
    }

    /// <summary>A move to this node has ended.</summary>
    public void Came(string application, string service, string machine, bool isDone) =>
        _moves.Add(1, [.. _labels(application, service, machine), new("direction", "in"), new("outcome", isDone ? "done" : "stayed")]);

    /// <summary>A machine was to go on from a snapshot.</summary>
    /// <param name="application">Whose.</param>
    /// <param name="service">Of which service.</param>
    /// <param name="machine">Which.</param>
    /// <param name="use">What the snapshot was for.</param>
    /// <param name="took">Null: it could not.</param>
    public void Restored(string application, string service, string machine, SnapshotUse use, TimeSpan? took)
    {
        KeyValuePair<string, object?>[] labels = [.. _labels(application, service, machine), new("use", MetricWords.Of(use))];
        _restores.Add(1, [.. labels, new("outcome", took is null ? "failed" : "done")]);
        if (took is { } time)
        {
            _restore.Record(time.TotalSeconds, labels);
        }
    }

    private static KeyValuePair<string, object?>[] Labels(string application, SnapshotCount count, string? outcome)
    {
        KeyValuePair<string, object?>[] labels = [new("application", application), new("service", count.Service), new("use", MetricWords.Of(count.Use))];
        return outcome is null ? labels : [.. labels, new("outcome", outcome)];
    }

    private static IEnumerable<Measurement<long>> Of(long? value) => value is { } known ? [new Measurement<long>(known)] : [];
}
