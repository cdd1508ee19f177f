using System.Diagnostics.Metrics;
using Figment.Node.Telemetry;
using Figment.Node.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Figment.Node.Tests.Telemetry;

public sealed class PrometheusRegistryTests : IDisposable
{
    private readonly Meter _meter = new("Figment.Tests");
    private readonly FakeTimeProvider _time = new();
    private readonly PrometheusRegistry _registry;

    public PrometheusRegistryTests() => _registry = new PrometheusRegistry(meter => meter == _meter, _time);

    public void Dispose()
    {
        _registry.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public async Task Each_kind_of_instrument_is_written_as_the_format_says()
    {
        var wakes = _meter.CreateCounter<long>("figment.machine.wakes", "{wake}", "Wakes.");
        var seconds = _meter.CreateHistogram("faas.init_duration", "s", "Starts.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        _meter.CreateObservableUpDownCounter("figment.machine.count", () => new Measurement<int>(3, new KeyValuePair<string, object?>("state", "running")), "{machine}", "Machines.");
        _meter.CreateObservableGauge("container.memory.usage", () => 1.5e9, "By", "Memory.");
        _meter.CreateObservableCounter("dotnet.assembly.count", () => 7L, "{assembly}", "Assemblies.");

        wakes.Add(2, new KeyValuePair<string, object?>("cause", "data"));
        wakes.Add(3, new KeyValuePair<string, object?>("cause", "data"));
        seconds.Record(0.05);
        seconds.Record(0.5);
        seconds.Record(5);
        _registry.Collect([]);
        string text = _registry.Collect([]);

        Assert.Equal(
            """
            # HELP container_memory_usage_bytes Memory.
            # TYPE container_memory_usage_bytes gauge
            container_memory_usage_bytes 1500000000
            # HELP dotnet_assemblies_total Assemblies.
            # TYPE dotnet_assemblies_total counter
            dotnet_assemblies_total 7
            # HELP faas_init_duration_seconds Starts.
            # TYPE faas_init_duration_seconds histogram
            faas_init_duration_seconds_bucket{le="0.1"} 1
            faas_init_duration_seconds_bucket{le="1"} 2
            faas_init_duration_seconds_bucket{le="+Inf"} 3
            faas_init_duration_seconds_sum 5.55
            faas_init_duration_seconds_count 3
            # HELP figment_machine_wakes_total Wakes.
            # TYPE figment_machine_wakes_total counter
            figment_machine_wakes_total{cause="data"} 5
            # HELP figment_machines Machines.
            # TYPE figment_machines gauge
            figment_machines{state="running"} 3
            # HELP figment_metrics_overflow_total Measurements that are in no series, because their metric has too many.
            # TYPE figment_metrics_overflow_total counter
            figment_metrics_overflow_total 0

            """,
            text);
        await Promtool.CheckAsync(text);
    }

    [Fact]
    public async Task What_stands_in_labels_is_escaped()
    {
        var wakes = _meter.CreateCounter<long>("figment.machine.wakes", unit: null, "One\nline \\ only.");

        wakes.Add(1, new KeyValuePair<string, object?>("service.name", "a\"b\\c\nd"));

        string text = _registry.Collect([]);
        Assert.Contains("# HELP figment_machine_wakes_total One\\nline \\\\ only.\n", text, StringComparison.Ordinal);
        Assert.Contains("figment_machine_wakes_total{service_name=\"a\\\"b\\\\c\\nd\"} 1\n", text, StringComparison.Ordinal);
        await Promtool.CheckAsync(text);
    }

    [Fact]
    public void Series_of_an_application_that_is_gone_go_five_minutes_later_and_what_is_not_observed_any_more_at_once()
    {
        var wakes = _meter.CreateCounter<long>("wakes");
        bool isThere = true;
        _meter.CreateObservableGauge("memory", () => isThere ? [new Measurement<long>(1, new KeyValuePair<string, object?>("application", "shop"))] : Array.Empty<Measurement<long>>());
        wakes.Add(1, new KeyValuePair<string, object?>("application", "shop"));
        wakes.Add(1, new KeyValuePair<string, object?>("application", "brief"));
        wakes.Add(1);

        Assert.Equal(4, Series(_registry.Collect(["shop"])));
        isThere = false;
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(["wakes_total 1", "wakes_total{application=\"brief\"} 1", "wakes_total{application=\"shop\"} 1"], Lines(_registry.Collect(["shop"])));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["wakes_total 1", "wakes_total{application=\"shop\"} 1"], Lines(_registry.Collect([])));
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(["wakes_total 1"], Lines(_registry.Collect([])));
    }

    [Fact]
    public void More_series_than_a_metric_may_have_are_left_out_and_told()
    {
        var wakes = _meter.CreateCounter<long>("wakes");
        for (int number = 0; number < 20_002; number++)
        {
            wakes.Add(1, new KeyValuePair<string, object?>("machine", number));
        }

        Assert.EndsWith("figment_metrics_overflow_total 2\n", _registry.Collect([]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counting_and_looking_at_once_loses_nothing()
    {
        var wakes = _meter.CreateCounter<long>("wakes");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(one => Task.Run(() =>
        {
            for (int number = 0; number < 5_000; number++)
            {
                wakes.Add(1, new KeyValuePair<string, object?>("cause", number % 7));
                if (number % 500 == one)
                {
                    _registry.Collect([]);
                }
            }
        })));

        Assert.Equal(20_000, Lines(_registry.Collect([])).Sum(line => int.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static string[] Lines(string text) => [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#' && !line.StartsWith("figment_metrics", StringComparison.Ordinal))];

    private static int Series(string text) => Lines(text).Length;
}
