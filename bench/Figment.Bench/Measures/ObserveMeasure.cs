using System.Diagnostics;
using System.Globalization;
using Figment.Bench.Reporting;
using Figment.Bench.Sides;

namespace Figment.Bench.Measures;

/// <summary>What it costs to look whether machines are idle: processor time for a hundred that run and do next to nothing, and requests a second of one that does nothing else.</summary>
internal static class ObserveMeasure
{
    private const int Machines = 100;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(15);

    /// <summary>That of the longest back-off, within which each is tried at least once more.</summary>
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(160);

    /// <summary>It wakes once a second by itself, so that it is looked at in full each time and never frozen.</summary>
    private static BenchProgram Ticking { get; } = BenchProgram.Memcached with { Command = ["memcached", "-u", "nobody", "-m", "16", "-t", "1"], Replicas = Machines };

    public static async Task<IReadOnlyList<Row>> RunAsync(IReadOnlyList<ISide> sides, int runs, CancellationToken cancellation)
    {
        var shares = new List<KeyValuePair<string, List<double>>>();
        foreach (ISide side in sides)
        {
            Console.Error.WriteLine($"observe: {Machines} machines, {side.Name}");
            await side.UpAsync([Ticking], cancellation);
            await side.RunAsync(Ticking, cancellation);
            await Task.Delay(Settle, cancellation);
            long before = ProcessorNanoseconds(side);
            long start = Stopwatch.GetTimestamp();
            await Task.Delay(Span, cancellation);
            double share = 100.0 * (ProcessorNanoseconds(side) - before) / Stopwatch.GetElapsedTime(start).TotalNanoseconds;
            shares.Add(KeyValuePair.Create(side.Name, new List<double> { share }));
            await side.DownAsync(cancellation);
        }

        BenchProgram redis = BenchProgram.Redis with { Command = Pinned(Environment.ProcessorCount - 1, BenchProgram.Redis.Command) };
        foreach (ISide side in sides)
        {
            await side.UpAsync([redis], cancellation);
            await side.RunAsync(redis, cancellation);
        }

        var requests = await Rounds.PlayAsync(sides, runs, "observe, redis-benchmark", side => RequestsAsync(side, cancellation));
        foreach (ISide side in sides)
        {
            await side.DownAsync(cancellation);
        }

        return [.. Row.Of("observe", "keeper and boxes of 100 running machines, one core is 100", "%", shares), .. Row.Of("observe", "redis-benchmark GET, 16 clients", "requests/s", requests)];
    }

    private static long ProcessorNanoseconds(ISide side) => side.SupportingProcesses().Sum(ProcessFiles.ProcessorNanoseconds);

    private static IReadOnlyList<string> Pinned(int processor, IReadOnlyList<string> command) => ["taskset", "-c", processor.ToString(CultureInfo.InvariantCulture), .. command];

    private static async Task<double> RequestsAsync(ISide side, CancellationToken cancellation)
    {
        string output = await side.InClientAsync(Pinned(0, ["redis-benchmark", "-h", side.Address("redis-1"), "-t", "get", "-n", "50000", "-c", "16", "--csv"]), cancellation);
        string line = output.Split('\n').Single(found => found.StartsWith("\"GET\"", StringComparison.Ordinal));
        return double.Parse(line.Split(',')[1].Trim('"'), CultureInfo.InvariantCulture);
    }
}
