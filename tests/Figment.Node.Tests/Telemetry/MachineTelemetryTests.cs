using System.Diagnostics;
using System.Diagnostics.Metrics;
using Figment.Api.Contract;
using Figment.Model.Control;
using Figment.Model.Signals;
using Figment.Model.States;
using Figment.Node.Journal;
using Figment.Node.Telemetry;
using Figment.Node.Tests.Support;

namespace Figment.Node.Tests.Telemetry;

public sealed class MachineTelemetryTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly MachineTelemetry _telemetry = new(byMachine: false);
    private readonly PrometheusRegistry _registry;
    private readonly List<Activity> _spans = [];
    private long _sequence;

    public MachineTelemetryTests() => _registry = new PrometheusRegistry(meter => meter == _telemetry.Meter, TimeProvider.System);

    public void Dispose()
    {
        _registry.Dispose();
        _telemetry.Dispose();
    }

    [Fact]
    public async Task A_wake_from_imaginary_is_a_cold_start_and_a_thaw_is_not()
    {
        Record(
            Change(0, "web-1", MachineState.Imaginary, MachineState.Waiting, SignalKind.Connection),
            Change(0.125, "web-1", MachineState.Waiting, MachineState.Starting, SignalKind.Connection),
            Change(0.5, "web-1", MachineState.Starting, MachineState.Running, SignalKind.Connection),
            Change(10, "web-1", MachineState.Running, MachineState.Frozen, SignalKind.Idle),
            Change(20, "web-1", MachineState.Frozen, MachineState.Running, SignalKind.Data),
            Change(30, "web-1", MachineState.Running, MachineState.Frozen, SignalKind.Idle),
            Change(40, "web-1", MachineState.Frozen, MachineState.Running, SignalKind.Timer));

        string text = _registry.Collect(["shop"]);

        Assert.Contains("faas_coldstarts_total{application=\"shop\",service=\"web\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("figment_machine_thaws_total{application=\"shop\",service=\"web\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("figment_machine_wakes_total{application=\"shop\",service=\"web\",cause=\"connection\",from=\"imaginary\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("figment_machine_wakes_total{application=\"shop\",service=\"web\",cause=\"data\",from=\"frozen\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("figment_machine_wakes_total{application=\"shop\",service=\"web\",cause=\"timer\",from=\"frozen\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("figment_machine_transitions_total{application=\"shop\",service=\"web\",from=\"running\",to=\"frozen\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("figment_machine_wake_duration_seconds_sum{application=\"shop\",service=\"web\",cause=\"connection\"} 0.5\n", text, StringComparison.Ordinal);
        Assert.Contains("figment_machine_wake_duration_seconds_count{application=\"shop\",service=\"web\",cause=\"connection\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("faas_init_duration_seconds_sum{application=\"shop\",service=\"web\"} 0.375\n", text, StringComparison.Ordinal);
        await Promtool.CheckAsync(text);
    }

    [Fact]
    public void A_restart_has_a_start_but_no_wake_and_a_failed_start_has_neither_duration()
    {
        Record(
            Change(0, "web-1", MachineState.Running, MachineState.Starting, SignalKind.Restart),
            Change(2, "web-1", MachineState.Starting, MachineState.Running, SignalKind.Restart),
            Change(3, "db-1", MachineState.Imaginary, MachineState.Starting, SignalKind.Connection),
            Change(4, "db-1", MachineState.Starting, MachineState.Failed, SignalKind.Exit));

        string text = _registry.Collect(["shop"]);

        Assert.Contains("faas_init_duration_seconds_sum{application=\"shop\",service=\"web\"} 2\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("faas_init_duration_seconds_sum{application=\"shop\",service=\"db\"}", text, StringComparison.Ordinal);
        Assert.DoesNotContain("figment_machine_wake_duration_seconds", text, StringComparison.Ordinal);
        Assert.Contains("faas_coldstarts_total{application=\"shop\",service=\"db\"} 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("faas_coldstarts_total{application=\"shop\",service=\"web\"}", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Moves_snapshots_and_restores_are_counted_by_how_they_ended()
    {
        _telemetry.Migrations.Left("shop", "web", "web-1", isDone: true, bytes: 1_000, rounds: 3, downtimeMs: 130);
        _telemetry.Migrations.Left("shop", "web", "web-2", isDone: false, bytes: 500, rounds: 1, downtimeMs: null);
        _telemetry.Migrations.Came("shop", "web", "web-1", isDone: true);
        _telemetry.Migrations.Restored("shop", "web", "web-1", SnapshotUse.User, TimeSpan.FromSeconds(0.5));
        _telemetry.Migrations.Restored("shop", "web", "web-1", SnapshotUse.User, took: null);
        Record(
            Change(0, "web-1", MachineState.Hibernated, MachineState.Waiting, SignalKind.Data),
            Change(1, "web-1", MachineState.Waiting, MachineState.Starting, SignalKind.Data),
            Change(1.25, "web-1", MachineState.Starting, MachineState.Running, SignalKind.Data),
            Change(2, "web-2", MachineState.Imaginary, MachineState.Starting, SignalKind.Connection),
            Change(2.5, "web-2", MachineState.Starting, MachineState.Running, SignalKind.Connection) with { FromSnapshot = true },
            Change(3, "db-1", MachineState.Imaginary, MachineState.Starting, SignalKind.Connection),
            Change(3.5, "db-1", MachineState.Starting, MachineState.Waiting, SignalKind.Snapshot));
        _telemetry.Observe(new TelemetrySample
        {
            Applications = ["shop"],
            Snapshots = [("shop", new SnapshotCount { Service = "web", Use = SnapshotUse.Hibernate, Done = 4, Failed = 1, TookMs = 400, PauseMs = 200, Bytes = 9_000 })],
            StoreBytes = 12_345,
        });

        string text = _registry.Collect(["shop"]);

        const string Web = "application=\"shop\",service=\"web\"";
        foreach (string line in (string[])
        [
            $"figment_machine_moves_total{{{Web},direction=\"out\",outcome=\"done\"}} 1",
            $"figment_machine_moves_total{{{Web},direction=\"out\",outcome=\"stayed\"}} 1",
            $"figment_machine_moves_total{{{Web},direction=\"in\",outcome=\"done\"}} 1",
            $"figment_machine_move_io_bytes_total{{{Web}}} 1500",
            $"figment_machine_move_rounds_total{{{Web}}} 4",
            $"figment_machine_move_standstill_seconds_sum{{{Web},outcome=\"done\"}} 0.13",
            $"figment_machine_snapshots_total{{{Web},use=\"hibernate\",outcome=\"done\"}} 4",
            $"figment_machine_snapshots_total{{{Web},use=\"hibernate\",outcome=\"failed\"}} 1",
            $"figment_machine_snapshot_time_seconds_total{{{Web},use=\"hibernate\"}} 0.4",
            $"figment_machine_snapshot_standstill_seconds_total{{{Web},use=\"hibernate\"}} 0.2",
            $"figment_machine_snapshot_io_bytes_total{{{Web},use=\"hibernate\"}} 9000",
            $"figment_machine_restores_total{{{Web},use=\"user\",outcome=\"done\"}} 1",
            $"figment_machine_restores_total{{{Web},use=\"user\",outcome=\"failed\"}} 1",
            $"figment_machine_restores_total{{{Web},use=\"hibernate\",outcome=\"done\"}} 1",
            $"figment_machine_restores_total{{{Web},use=\"warm\",outcome=\"done\"}} 1",
            "figment_machine_restores_total{application=\"shop\",service=\"db\",use=\"warm\",outcome=\"failed\"} 1",
            $"figment_machine_restore_duration_seconds_sum{{{Web},use=\"hibernate\"}} 0.25",
            $"figment_machine_restore_duration_seconds_sum{{{Web},use=\"warm\"}} 0.5",
            "figment_snapshot_store_size_bytes 12345",
        ])
        {
            Assert.Contains(line + "\n", text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("figment_snapshot_store_quota_bytes", text, StringComparison.Ordinal);
        await Promtool.CheckAsync(text);
    }

    [Fact]
    public void What_was_seen_is_summed_by_service_and_counters_do_not_fall_when_a_keeper_is_silent()
    {
        _telemetry.Observe(Sample(openUs: 500_000));
        string first = _registry.Collect(["shop"]);
        _telemetry.Observe(Sample(openUs: 0));
        string second = _registry.Collect(["shop"]);

        Assert.Contains("figment_machines{application=\"shop\",service=\"web\",state=\"running\"} 2\n", first, StringComparison.Ordinal);
        Assert.Contains("container_memory_usage_bytes{application=\"shop\",service=\"web\",state=\"running\"} 3000\n", first, StringComparison.Ordinal);
        Assert.Contains("figment_machine_state_time_seconds_total{application=\"shop\",service=\"web\",state=\"imaginary\"} 7\n", first, StringComparison.Ordinal);
        Assert.Contains("container_network_io_bytes_total{application=\"shop\",service=\"web\",network_io_direction=\"receive\"} 100\n", first, StringComparison.Ordinal);
        Assert.Contains("process_threads{program=\"figmentd\"} ", first, StringComparison.Ordinal);
        Assert.Contains("process_cpu_time_seconds_total{program=\"figmentd\",cpu_mode=\"user\"} ", first, StringComparison.Ordinal);
        Assert.Contains("container_cpu_time_seconds_total{application=\"shop\",service=\"web\"} 2.5\n", first, StringComparison.Ordinal);
        Assert.Contains("container_cpu_time_seconds_total{application=\"shop\",service=\"web\"} 2.5\n", second, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_metric_has_its_row_in_the_page()
    {
        Record(Change(0, "web-1", MachineState.Imaginary, MachineState.Starting, SignalKind.Connection), Change(1, "web-1", MachineState.Starting, MachineState.Running, SignalKind.Connection));
        Record(Change(2, "web-1", MachineState.Running, MachineState.Frozen, SignalKind.Idle), Change(3, "web-1", MachineState.Frozen, MachineState.Running, SignalKind.Data));
        _telemetry.Observe(Sample(0));
        string[] rows = [.. File.ReadLines(Path.Combine(Root(), "docs", "metrics.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal) || line.StartsWith("| | `", StringComparison.Ordinal))];
        var instruments = new List<string>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, _) => instruments.AddRange(instrument.Meter == _telemetry.Meter ? [instrument.Name] : []) };
        listener.Start();

        Assert.Equal(29, instruments.Count);
        Assert.All(instruments, name => Assert.Single(rows, row => row.StartsWith($"| `{name}` |", StringComparison.Ordinal)));
        string[] written = [.. _registry.Collect(["shop"]).Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2])];
        Assert.Equal(18, written.Length);
        Assert.All(written, name => Assert.Single(rows, row => row.Contains($"| `{name}` |", StringComparison.Ordinal)));
    }

    [Fact]
    public void Machines_have_series_of_their_own_if_that_is_asked_for()
    {
        using var telemetry = new MachineTelemetry(byMachine: true);
        using var registry = new PrometheusRegistry(meter => meter == telemetry.Meter, TimeProvider.System);
        telemetry.Observe(Sample(0));

        Assert.Contains("figment_machines{application=\"shop\",service=\"web\",machine=\"web-2\",state=\"running\"} 1\n", registry.Collect(["shop"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_s_way_is_one_trace_whose_spans_last_from_signal_to_running()
    {
        using var listener = Listen();
        Record(
            Change(0, "front-1", MachineState.Imaginary, MachineState.Waiting, SignalKind.Connection),
            Change(0.1, "front-1", MachineState.Waiting, MachineState.Starting, SignalKind.Connection),
            Change(0.5, "front-1", MachineState.Starting, MachineState.Running, SignalKind.Connection),
            Change(0.6, "web-1", MachineState.Frozen, MachineState.Running, SignalKind.Data, "front-1"),
            Change(0.7, "db-1", MachineState.Imaginary, MachineState.Starting, SignalKind.Connection, "web-1"),
            Change(0.9, "db-1", MachineState.Starting, MachineState.Running, SignalKind.Connection, "web-1"));

        Assert.Equal(["start front", "thaw web", "start db"], _spans.Select(span => span.DisplayName));
        Assert.Single(_spans.Select(span => span.TraceId).Distinct());
        Assert.Equal([default, _spans[0].SpanId, _spans[1].SpanId], _spans.Select(span => span.ParentSpanId));
        Assert.Equal([500.0, 0, 200], _spans.Select(span => Math.Round(span.Duration.TotalMilliseconds)));
        Assert.Equal([Start, Start.AddSeconds(0.6), Start.AddSeconds(0.7)], _spans.Select(span => new DateTimeOffset(span.StartTimeUtc)));
        Assert.Equal(("shop", "db", "db-1", "connection", "web-1", true), (_spans[2].GetTagItem("application"), _spans[2].GetTagItem("service"), _spans[2].GetTagItem("machine"), _spans[2].GetTagItem("cause"), _spans[2].GetTagItem("cause.machine"), _spans[2].GetTagItem("faas.coldstart")));
        Assert.Null(Activity.Current);
    }

    [Fact]
    public void A_cause_that_woke_long_ago_is_linked_and_a_start_that_fails_is_an_error()
    {
        using var listener = Listen();
        Record(
            Change(0, "web-1", MachineState.Imaginary, MachineState.Starting, SignalKind.Connection),
            Change(1, "web-1", MachineState.Starting, MachineState.Running, SignalKind.Connection),
            Change(100, "db-1", MachineState.Imaginary, MachineState.Starting, SignalKind.Connection, "web-1"),
            Change(101, "db-1", MachineState.Starting, MachineState.Failed, SignalKind.Exit));

        var (web, db) = (_spans[0], _spans[1]);
        Assert.NotEqual(web.TraceId, db.TraceId);
        Assert.Equal(web.SpanId, Assert.Single(db.Links).Context.SpanId);
        Assert.Equal((ActivityStatusCode.Unset, ActivityStatusCode.Error, "it is failed: exit"), (web.Status, db.Status, db.StatusDescription));
    }

    private ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source == _telemetry.Traces.Source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private void Record(params MachineEvent[] changes) =>
        _telemetry.Record("shop", [.. changes.Select(change => new JournalEvent(change.Sequence, new EventView { Application = "shop", Event = change }))], machine => machine[..^2]);

    private MachineEvent Change(double seconds, string machine, MachineState from, MachineState to, SignalKind cause, string? fromMachine = null) => new()
    {
        Sequence = ++_sequence,
        At = Start.AddSeconds(seconds),
        Machine = machine,
        From = from,
        To = to,
        Cause = new Signal { Kind = cause, FromMachine = fromMachine },
    };

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Figment.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("no Figment.slnx above the test");
        }

        return folder;
    }

    private static TelemetrySample Sample(long openUs) => new()
    {
        Applications = ["shop"],
        Machines = [new MachineNow("shop", "web-1", "web", MachineState.Running, 1_000), new MachineNow("shop", "web-2", "web", MachineState.Running, 2_000), new MachineNow("shop", "db-1", "db", MachineState.Imaginary, null)],
        Totals =
        [
            Total("web-1", MachineState.Imaginary, 3_000_000, 0),
            Total("web-2", MachineState.Imaginary, 4_000_000, 0),
            Total("web-1", MachineState.Running, 5_000_000, 2_000_000) with { Usage = new MachineUsage { ProcessorUs = 2_000_000, NetworkReceivedBytes = 100 } },
            Total("web-1", MachineState.Running, 1_000_000, openUs),
        ],
        Processes = [ProcessUse.Read("figmentd", application: null, Environment.ProcessId)!],
    };

    private static MachineTotal Total(string machine, MachineState state, long wallUs, long processorUs) =>
        new() { Application = "shop", Machine = machine, Service = machine[..^2], State = state, WallUs = wallUs, Usage = new MachineUsage { ProcessorUs = processorUs } };
}
