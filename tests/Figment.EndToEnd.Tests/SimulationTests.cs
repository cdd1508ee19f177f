using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Figment.Api.Contract;
using Figment.Compose;
using Figment.Model.States;
using Figment.Simulation;
using Figment.Simulation.Results;
using Figment.Simulation.Traces;

namespace Figment.EndToEnd.Tests;

/// <summary>The simulator beside the real thing: the same Compose file, the same arrivals, a real program.</summary>
public sealed class SimulationTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Answers each line after so many seconds, one connection at a time.</summary>
    private const string Worker = """
        import socket, time
        s = socket.create_server(("0.0.0.0", 7000), backlog=64)
        while True:
            c, _ = s.accept()
            with c, c.makefile() as f:
                while line := f.readline():
                    time.sleep(float(line))
                    c.sendall(b"done\n")
        """;

    private const int Machines = 4;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(60);

    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_recorded_load_simulated_under_the_same_file_spends_the_same_time_in_each_state()
    {
        int port = Client.FreePort();
        string compose = Compose(port);
        _node.Up("twin", compose);
        long listenUs = await OwnStartUsAsync();
        var (begin, trace) = await LoadAsync(port);
        var end = TimeProvider.System.GetUtcNow();
        var bill = JsonSerializer.Deserialize(_node.Run("bill", "-p", "twin", "--json"), ApiJson.Default.BillView)!;
        var real = RealSeconds(bill, begin, end);

        string written = Write(trace);
        var simulated = Simulate(compose, written, listenUs, end - begin);
        double total = (end - begin).TotalSeconds * Machines;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{trace.Count} requests in {(end - begin).TotalSeconds:0.0} s, {Machines} machines; the program listens after {listenUs / 1e3:0.0} ms"));
        foreach (var state in real.Keys.Union(simulated.Keys).Order())
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{state}: real {real.GetValueOrDefault(state):0.00} s, simulated {simulated.GetValueOrDefault(state):0.00} s, {Math.Round(100 * (simulated.GetValueOrDefault(state) - real.GetValueOrDefault(state)) / total, 2) + 0.0:0.00} % of {total:0.0}"));
        }

        Assert.Equal(total, real.Values.Sum(), 0.01);
        Assert.Equal(total, simulated.Values.Sum(), 0.01);
        Assert.All([MachineState.Running, MachineState.Frozen, MachineState.Imaginary], state => Assert.True(real.GetValueOrDefault(state) > total / 50, $"{state} was hardly seen"));

        // Of the time with a program: that a machine is imaginary most of the time makes nothing better.
        double bound = 0.05 * (total - real.GetValueOrDefault(MachineState.Imaginary));
        Assert.All(real.Keys.Union(simulated.Keys), state => Assert.InRange(simulated.GetValueOrDefault(state), real.GetValueOrDefault(state) - bound, real.GetValueOrDefault(state) + bound));
    }

    private static string Compose(int port) => $$"""
        services:
          work:
            command: ["/usr/bin/python3", "-uc", {{JsonSerializer.Serialize(Worker)}}]
            stop_signal: SIGKILL
            ports: ["{{port}}:7000"]
            x-figment:
              root: host
              idle: { freeze-after: 500ms }
              elastic: { min: 0, max: {{Machines}}, target: { connections: 1 }, scale-in-after: 2s, release-after: 3s }
        """;

    /// <summary>From its execution to its listening, as a plain process of this node: the median of five.</summary>
    private static async Task<long> OwnStartUsAsync()
    {
        var times = new List<long>();
        for (int run = 0; run < 5; run++)
        {
            var clock = Stopwatch.StartNew();
            using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-uc", Worker.Replace("\"0.0.0.0\", 7000", "\"127.0.0.1\", 0", StringComparison.Ordinal).Replace("while True:", "print(1)\nwhile True:", StringComparison.Ordinal)]) { RedirectStandardOutput = true })!;
            Assert.Equal("1", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            times.Add((long)clock.Elapsed.TotalMicroseconds);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        return times.Order().ElementAt(2);
    }

    /// <summary>Seeded arrivals and durations; what is recorded is when each was really sent.</summary>
    private static async Task<(DateTimeOffset Begin, List<TraceRequest> Trace)> LoadAsync(int port)
    {
        var planned = BurstyTrace.Make(new BurstySpec
        {
            Seed = 7,
            LengthUs = (long)(Length - TimeSpan.FromSeconds(6)).TotalMicroseconds,
            Service = "work",
            BaseRate = 0.25,
            Factor = 16,
            RiseUs = 1_000_000,
            HoldUs = 3_000_000,
            FallUs = 3_000_000,
            BurstsPerHour = 240,
            MedianDurationUs = 400_000,
            DurationSigma = 0.8,
            DurationUsMax = 4_000_000,
        });
        var begin = TimeProvider.System.GetUtcNow();
        var clock = Stopwatch.StartNew();
        var sent = await Task.WhenAll(planned.Select(async request =>
        {
            var wait = TimeSpan.FromMicroseconds(request.AtUs) - clock.Elapsed;
            await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, TestContext.Current.CancellationToken);
            long atUs = (long)clock.Elapsed.TotalMicroseconds;
            string seconds = (request.DurationUs!.Value / 1e6).ToString("0.000000", CultureInfo.InvariantCulture);
            Assert.Equal("done", await Client.AskAsync(port, seconds));
            return request with { AtUs = atUs };
        }));
        var rest = Length - clock.Elapsed;
        await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, TestContext.Current.CancellationToken);
        return (begin, [.. sent]);
    }

    private static string Write(List<TraceRequest> trace)
    {
        var text = new StringWriter();
        TraceWriter.WriteCsv(text, trace, "recorded");
        return text.ToString();
    }

    private static Dictionary<MachineState, double> RealSeconds(BillView bill, DateTimeOffset begin, DateTimeOffset end) => bill.Intervals
        .Select(interval => (interval.State, Seconds: (Min(interval.End ?? end, end) - Max(interval.Begin, begin)).TotalSeconds))
        .Where(part => part.Seconds > 0)
        .GroupBy(part => part.State, part => part.Seconds)
        .ToDictionary(group => group.Key, group => group.Sum());

    private Dictionary<MachineState, double> Simulate(string compose, string trace, long listenUs, TimeSpan length)
    {
        string file = _node.Write("simulated", compose);
        var read = ComposeLoader.Load(new ComposeOptions { Files = [file], Environment = new Dictionary<string, string>() });
        Assert.DoesNotContain(read.Diagnostics, diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        var requests = TraceReader.Read("recorded.csv", new StringReader(trace));
        var services = ServicePlan.Of(read.Application!, new HashSet<string> { "work" }, new ProgramModel { Concurrency = 1, ListenUs = listenUs });
        SimulationResult result = Simulator.Run(services, requests, new SimulationOptions { HorizonUs = (long)length.TotalMicroseconds });
        Assert.Equal((requests.Count, 0L, 0L, 0L), (result.Latencies.Count, result.RefusedCount, result.FailedCount, result.Unfinished));
        return result.StateUs.ToDictionary(one => one.Key, one => one.Value / 1e6);
    }

    private static DateTimeOffset Min(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;

    private static DateTimeOffset Max(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;
}
