using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Figment.Node.Tests.Support;

namespace Figment.EndToEnd.Tests;

/// <summary>What real machines are seen to do from outside: scraped, watched and drawn.</summary>
public sealed class MetricsTests : IDisposable
{
    /// <summary>About a fifth of a second of one core.</summary>
    private const string Burn = "EVAL \"local i = 0 while i < 20000000 do i = i + 1 end return i\" 0";

    private readonly FigmentNode _node = new();
    private int _browsers;

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_scraper_sees_a_machine_wake_compute_and_freeze()
    {
        int port = Client.FreePort(), metrics = Client.FreePort();
        _node.Variables["FIGMENT_METRICS"] = $"127.0.0.1:{metrics}";

        // The node looks once a second at most: each state must last longer.
        _node.Up("seen", Redis(port, freezeAfter: "3s"));
        string before = await ScrapeAsync(metrics);
        Assert.Equal(1, Value(before, "figment_machines{application=\"seen\",service=\"a\",state=\"imaginary\"}"));
        Assert.Null(Value(before, "container_memory_usage_bytes{application=\"seen\",service=\"a\",state=\"running\"}"));

        using var connection = await Client.ConnectAsync(port);
        Assert.Equal(":20000000", await Client.AskAsync(connection, Burn));
        string awake = await EventuallyAsync(metrics, "it runs", text => Value(text, "figment_machines{application=\"seen\",service=\"a\",state=\"running\"}") == 1);
        Assert.Equal(1, Value(awake, "faas_coldstarts_total{application=\"seen\",service=\"a\"}"));
        Assert.Equal(1, Value(awake, "figment_machine_wake_duration_seconds_count{application=\"seen\",service=\"a\",cause=\"connection\"}"));
        Assert.InRange(Value(awake, "figment_machine_wake_duration_seconds_sum{application=\"seen\",service=\"a\",cause=\"connection\"}")!.Value, 0.001, 30);
        Assert.InRange(Value(awake, "container_memory_usage_bytes{application=\"seen\",service=\"a\",state=\"running\"}")!.Value, 500_000, 256 << 20);

        // While it runs, before any event says so: what it has used so far is asked of the keeper.
        Assert.InRange(Value(awake, "container_cpu_time_seconds_total{application=\"seen\",service=\"a\"}")!.Value, 0.02, 30);
        string frozen = await EventuallyAsync(metrics, "it is frozen", text => Value(text, "figment_machines{application=\"seen\",service=\"a\",state=\"frozen\"}") == 1);
        double used = Value(frozen, "container_cpu_time_seconds_total{application=\"seen\",service=\"a\"}")!.Value;
        Assert.Equal(":20000000", await Client.AskAsync(connection, Burn));
        string thawed = await EventuallyAsync(metrics, "it went on", text => Value(text, "figment_machine_thaws_total{application=\"seen\",service=\"a\"}") == 1);

        Assert.Equal(1, Value(thawed, "figment_machine_wakes_total{application=\"seen\",service=\"a\",cause=\"data\",from=\"frozen\"}"));
        Assert.Equal(1, Value(thawed, "faas_coldstarts_total{application=\"seen\",service=\"a\"}"));
        string later = await EventuallyAsync(metrics, "the second burst is counted", text => Value(text, "container_cpu_time_seconds_total{application=\"seen\",service=\"a\"}") > used + 0.02);
        Assert.True(Value(later, "container_network_io_bytes_total{application=\"seen\",service=\"a\",network_io_direction=\"receive\"}") > 100);
        Assert.True(Value(later, "process_cpu_time_seconds_total{program=\"figment-keeper\",application=\"seen\",cpu_mode=\"user\"}") >= 0);
        await Promtool.CheckAsync(later);

        _node.Run("daemon", "stop");
        _node.Run("ps", "-p", "seen");
        string again = await ScrapeAsync(metrics);
        Assert.True(Value(again, "container_cpu_time_seconds_total{application=\"seen\",service=\"a\"}") >= used, "what was used is known to the next daemon");
    }

    [Fact]
    public void Top_shows_machines_that_rest_too()
    {
        _node.Up("shown", Redis(Client.FreePort()));
        using var report = JsonDocument.Parse(_node.Run("top", "-p", "shown", "--interval", "0.2", "--json"));

        var machine = Assert.Single(report.RootElement.GetProperty("machines").EnumerateArray());
        Assert.Equal(("a-1", "Imaginary", 0), (machine.GetProperty("machine").GetString(), machine.GetProperty("state").GetString(), machine.GetProperty("wakes").GetInt32()));
        Assert.False(machine.TryGetProperty("processorPercent", out _));
        _node.Run("start", "-p", "shown", "a-1");

        string table = _node.Run("top", "-p", "shown", "--interval", "0.2", "--once");
        Assert.Matches(@"^1 machine: 1 running; node: cpu [0-9.]+ % of \d+00 %, memory .* of .*\nMACHINE +STATE +FOR +CPU %", table);
        Assert.Matches(@"\na-1 +running +\S.* 1 +user, (now|\d+ s ago)\n$", table);
    }

    [Fact]
    public void A_timeline_is_drawn_by_a_browser_with_what_happened_in_it()
    {
        int port = Client.FreePort();
        _node.Up("drawn", Redis(port) + """

              b:
                command: sleep infinity
                x-figment: { root: host, start: eager }
            """);
        Assert.Equal("PONG\n", _node.Run("exec", "-T", "-p", "drawn", "b-1", "redis-cli", "-h", "a", "ping"));
        FigmentNode.Eventually("it is written down that a-1 was frozen again", () => _node.Run("events", "-p", "drawn").Contains("running -> frozen", StringComparison.Ordinal) ? null : "not yet");
        string page = Path.Combine(_node.Folder("page"), "drawn.html");

        Assert.Equal($"{page}\n", _node.Run("timeline", "-p", "drawn", "--output", page));

        string whole = Dom(page, "");
        Assert.Contains("class=\"scripted\"", whole, StringComparison.Ordinal);
        Assert.Matches(@"<rect class=""running""[^>]*><title>a-1 running for [^<]*: connection to 6379/tcp from b-1 ", whole);
        Assert.Matches(@"<rect class=""frozen""[^>]*><title>a-1 frozen for [^<]*: it was idle", whole);
        Assert.Contains("<title>b-1 woke a-1 at ", whole, StringComparison.Ordinal);
        Assert.Matches(@"<tr><td>a-1</td><td>a</td><td>", whole);

        // Closer: the script moves what is drawn, and only that.
        double from = Attribute(whole, "data-from"), to = Attribute(whole, "data-to");
        string close = Dom(page, $"#{Math.Round(from)}-{Math.Round(from + ((to - from) / 4))}");
        Assert.Equal(Count(whole, "<rect"), Count(close, "<rect"));
        Assert.InRange(BarsWidth(close) / BarsWidth(whole), 3.5, 4.5);
        Assert.InRange(BarsWidth(whole), 1_990, 2_010);

        // The browser dumps by a script of its own, so that scripts are not turned off for it: the page's own is made text.
        string still = Path.ChangeExtension(page, ".still.html");
        File.WriteAllText(still, File.ReadAllText(page).Replace("<script>", "<script type=\"text/plain\">", StringComparison.Ordinal));
        string plain = Dom(still, "");
        Assert.DoesNotContain("class=\"scripted\"", plain, StringComparison.Ordinal);
        Assert.Equal(BarsWidth(whole), BarsWidth(plain), 1.0);
        Assert.Equal(Count(whole, "<rect"), Count(plain, "<rect"));
    }

    private static string Redis(int port, string freezeAfter = "500ms") => $$"""
        services:
          a:
            command: redis-server --save "" --protected-mode no
            ports: ["{{port}}:6379"]
            mem_limit: 256m
            x-figment: { root: host, idle: { freeze-after: {{freezeAfter}} } }
        """;

    private static async Task<string> ScrapeAsync(int port)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"));
    }

    private static async Task<string> EventuallyAsync(int port, string phase, Func<string, bool> wanted)
    {
        var watch = Stopwatch.StartNew();
        string last;
        while (!wanted(last = await ScrapeAsync(port)))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"{phase}: still not after 30 s; {last}");
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        return last;
    }

    private static double? Value(string metrics, string series) =>
        metrics.Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal)) is { } line ? double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture) : null;

    /// <summary>What the page is once its script has run, in a browser that may reach nothing.</summary>
    private string Dom(string page, string hash)
    {
        string profile = _node.Folder($"browser-{_browsers++}");
        using var browser = Process.Start(new ProcessStartInfo(
            "chromium",
            ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", $"--user-data-dir={profile}", "--proxy-server=127.0.0.1:1", "--dump-dom", $"file://{page}{hash}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = browser.StandardOutput.ReadToEndAsync();
        var errors = browser.StandardError.ReadToEndAsync();
        if (!browser.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            browser.Kill(entireProcessTree: true);
            Assert.Fail($"the browser did not end within 60 s: {errors.Result}");
        }

        Assert.True(browser.ExitCode == 0 && output.Result.Length > 0, $"the browser ended with {browser.ExitCode}: {errors.Result}");
        return output.Result;
    }

    private static double Attribute(string page, string name) => double.Parse(Regex.Match(page, $"{name}=\"([0-9.]+)\"").Groups[1].Value, CultureInfo.InvariantCulture);

    private static int Count(string page, string what) => page.Split(what).Length - 1;

    private static double BarsWidth(string page)
    {
        string bars = page[page.IndexOf("<g class=\"bars\">", StringComparison.Ordinal)..page.IndexOf("<g class=\"arrows\">", StringComparison.Ordinal)];
        return Regex.Matches(bars, " width=\"([0-9.]+)\"").Sum(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
    }
}
