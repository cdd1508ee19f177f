using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Figment.Api.Contract;
using Figment.Cluster.Tests.Support;
using Figment.Model.Specs;
using Figment.Model.States;
using Figment.Node.Tests.Support;

namespace Figment.Cluster.Tests.Api;

/// <summary>Metrics, traces, top and timeline of the daemon as a process, with the keeper's peer of the node's tests.</summary>
public sealed class MetricsTests
{
    private static readonly ApplicationSpec Shop = Specs.Application(Specs.Service("web") with { Expose = [new PortSpec(80, TransportProtocol.Tcp)] }, Specs.Service("worker"));

    [Fact]
    public async Task Counters_move_with_machines_and_promtool_has_nothing_to_say()
    {
        await using var daemon = await DaemonProcess.StartAsync();
        await UpAsync(daemon);
        string before = await MetricsAsync(daemon);
        Assert.Equal(1, Value(before, "figment_machines{application=\"shop\",service=\"web\",state=\"imaginary\"}"));
        Assert.Null(Value(before, "faas_coldstarts_total{application=\"shop\",service=\"web\"}"));

        Assert.Equal(200, (await daemon.SendAsync(HttpMethod.Post, "/v1/applications/shop/machines/web-1/start")).Status);

        string after = await Eventually.HasAsync("the machine runs", () => MetricsAsync(daemon), text => Value(text, "figment_machines{application=\"shop\",service=\"web\",state=\"running\"}") == 1);
        Assert.Equal(1, Value(after, "faas_coldstarts_total{application=\"shop\",service=\"web\"}"));
        Assert.Equal(1, Value(after, "figment_machine_wakes_total{application=\"shop\",service=\"web\",cause=\"user\",from=\"imaginary\"}"));
        Assert.Equal(1, Value(after, "figment_machine_transitions_total{application=\"shop\",service=\"web\",from=\"imaginary\",to=\"running\"}"));
        Assert.Null(Value(after, "figment_machines{application=\"shop\",service=\"web\",state=\"imaginary\"}"));
        Assert.True(Value(after, "process_memory_usage_bytes{program=\"figmentd\"}") > 10_000_000);
        Assert.True(Value(after, "process_uptime_seconds{program=\"figment-keeper\",application=\"shop\"}") >= 0);
        Assert.True(Value(after, "dotnet_process_cpu_time_seconds_total{cpu_mode=\"user\"}") > 0);
        await Promtool.CheckAsync(after);
    }

    [Fact]
    public async Task Over_TCP_there_are_metrics_and_nothing_else()
    {
        string address = $"127.0.0.1:{FreePort()}";
        await using var daemon = await DaemonProcess.StartAsync(("FIGMENT_METRICS", address), ("FIGMENT_METRICS_MACHINES", "1"));
        await UpAsync(daemon);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{address}") };

        using var answer = await client.GetAsync(new Uri("/metrics", UriKind.Relative));
        string text = await answer.Content.ReadAsStringAsync();
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(1, Value(text, "figment_machines{application=\"shop\",service=\"worker\",machine=\"worker-1\",state=\"running\"}"));
        await Promtool.CheckAsync(text);
        foreach (var (method, path, status) in new[]
        {
            (HttpMethod.Get, "/", 404), (HttpMethod.Get, "/v1/version", 404), (HttpMethod.Get, "/metrics/", 404), (HttpMethod.Get, "/METRICS", 404), (HttpMethod.Post, "/v1/shutdown", 404), (HttpMethod.Get, "/openapi/v1.json", 404),
            (HttpMethod.Post, "/metrics", 405), (HttpMethod.Head, "/metrics", 405), (HttpMethod.Delete, "/metrics", 405),
        })
        {
            using var request = new HttpRequestMessage(method, path);
            using var refused = await client.SendAsync(request);
            Assert.Equal((path, status, ""), (path, (int)refused.StatusCode, await refused.Content.ReadAsStringAsync()));
        }

        Assert.Equal(0, await daemon.StopAsync());
    }

    [Theory]
    [InlineData("FIGMENT_METRICS", "localhost", "FIGMENT_METRICS=localhost is no address with a port")]
    [InlineData("FIGMENT_METRICS", "127.0.0.1", "FIGMENT_METRICS=127.0.0.1 is no address with a port")]
    [InlineData("FIGMENT_METRICS", "192.0.2.1:9464", "metrics cannot be served at 192.0.2.1:9464: ")]
    [InlineData("FIGMENT_METRICS_MACHINES", "perhaps", "FIGMENT_METRICS_MACHINES=perhaps is neither yes nor no")]
    public async Task What_cannot_be_is_said_at_the_start(string name, string value, string says)
    {
        var (code, error) = await DaemonProcess.StartWrongAsync(name, value);

        Assert.Equal(1, code);
        Assert.Contains($"figmentd: {says}", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Traces_and_metrics_are_sent_where_the_standard_variables_say()
    {
        await using var collector = await Collector.StartAsync();
        await using var daemon = await DaemonProcess.StartAsync(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "key=secret"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_SERVICE_NAME", "node-of-tests"));
        await UpAsync(daemon);
        Assert.Equal(200, (await daemon.SendAsync(HttpMethod.Post, "/v1/applications/shop/machines/web-1/start")).Status);

        await Eventually.IsAsync("the wake is sent as a span", () => Has("/v1/traces", "start web", "web-1", "figment", "cause", "user"));
        await Eventually.IsAsync("it is counted", () => Has("/v1/metrics", "faas.coldstarts", "figment.machine.count", "process.cpu.time"));
        Assert.All(collector.Taken, one => Assert.Equal("secret", one.Key));
        Assert.All(collector.Taken, one => Assert.Contains("node-of-tests", one.Body, StringComparison.Ordinal));

        bool Has(string path, params string[] words) => collector.Taken.Any(one => one.Path == path && words.All(word => one.Body.Contains(word, StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public async Task Nothing_is_sent_and_nothing_listens_unless_it_is_asked_for()
    {
        await using var collector = await Collector.StartAsync();
        await using var daemon = await DaemonProcess.StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_METRICS_EXPORTER", "none"));
        await UpAsync(daemon);
        await daemon.SendAsync(HttpMethod.Post, "/v1/applications/shop/machines/web-1/start");
        Assert.Equal(1, Value(await MetricsAsync(daemon), "faas_coldstarts_total{application=\"shop\",service=\"web\"}"));

        var listening = Listening(daemon.Pid);
        Assert.NotEmpty(listening);
        Assert.All(listening, address => Assert.Equal("0100007F", address));
        await daemon.SendAsync(HttpMethod.Delete, "/v1/applications/shop");
        Assert.Equal(0, await daemon.StopAsync());
        Assert.Empty(collector.Taken);
    }

    [Fact]
    public async Task Top_tells_states_and_wakes_and_the_timeline_what_came_when_and_why()
    {
        await using var daemon = await DaemonProcess.StartAsync();
        await UpAsync(daemon);
        await daemon.SendAsync(HttpMethod.Post, "/v1/applications/shop/machines/web-1/start");

        var top = JsonSerializer.Deserialize((await daemon.SendAsync(HttpMethod.Get, "/v1/top?app=shop")).Body, ApiJson.Default.TopView)!;
        Assert.Equal([("web-1", MachineState.Running, 1L, "User"), ("worker-1", MachineState.Running, 1, "Eager")], top.Machines.Select(machine => (machine.Machine, machine.State, machine.Wakes, machine.LastWakeCause.ToString()!)));
        Assert.Equal(Environment.ProcessorCount, top.Node.Processors);
        Assert.InRange(top.Node.MemoryAvailableBytes, 1, top.Node.MemoryBytes);
        Assert.True(top.Node.ProcessorNanoseconds > 0);

        var intervals = await TimelineAsync(daemon, "");
        Assert.Equal([("web-1", MachineState.Imaginary), ("web-1", MachineState.Running), ("worker-1", MachineState.Imaginary), ("worker-1", MachineState.Running)], intervals.Select(interval => (interval.Machine, interval.State)));
        Assert.Equal("User", intervals[1].Signal!.Kind.ToString());
        Assert.True(intervals[1] is { IsWake: true, End: null });
        Assert.Equal(intervals[0].End, intervals[1].Begin);
        Assert.Empty(await TimelineAsync(daemon, "?until=2026-01-01T00:00:00Z"));
        Assert.Equal(404, (await daemon.SendAsync(HttpMethod.Get, "/v1/applications/nothing/timeline")).Status);
        Assert.Equal(400, (await daemon.SendAsync(HttpMethod.Get, "/v1/applications/shop/timeline?since=soon")).Status);

        await daemon.SendAsync(HttpMethod.Delete, "/v1/applications/shop");
        Assert.DoesNotContain(await TimelineAsync(daemon, ""), interval => interval.End is null);
    }

    private static async Task<List<IntervalView>> TimelineAsync(DaemonProcess daemon, string query)
    {
        var (status, body) = await daemon.SendAsync(HttpMethod.Get, $"/v1/applications/shop/timeline{query}");
        Assert.True(status == 200, body);
        return [.. body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize(line, ApiJson.Default.IntervalView)!)];
    }

    private static async Task UpAsync(DaemonProcess daemon)
    {
        string request = JsonSerializer.Serialize(new UpRequest { Application = Shop, Wait = true }, ApiJson.Default.UpRequest);
        var (status, body) = await daemon.SendAsync(HttpMethod.Put, "/v1/applications/shop", request);
        Assert.True(status == 200 && body.Contains("\"done\":true", StringComparison.Ordinal), body);
    }

    private static async Task<string> MetricsAsync(DaemonProcess daemon)
    {
        var (status, body) = await daemon.SendAsync(HttpMethod.Get, Routes.Metrics);
        Assert.True(status == 200, body);
        return body;
    }

    private static double? Value(string metrics, string series) =>
        metrics.Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal)) is { } line ? double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture) : null;

    /// <summary>IP addresses that a process listens at, as proc_net_tcp(5) writes them: 0100007F is 127.0.0.1, where the silo is.</summary>
    private static List<string> Listening(int pid)
    {
        const string Listen = "0A";
        var sockets = Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Select(entry => new FileInfo(entry).LinkTarget ?? "").ToHashSet();
        return
        [
            .. from file in new[] { $"/proc/{pid}/net/tcp", $"/proc/{pid}/net/tcp6" }
               from line in File.ReadLines(file).Skip(1)
               let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
               where fields[3] == Listen && sockets.Contains($"socket:[{fields[9]}]")
               select fields[1].Split(':')[0],
        ];
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
