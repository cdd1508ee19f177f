using System.Globalization;
using System.Text.Json;
using Figment.Bench.Reporting;
using Figment.Bench.Sides;

namespace Figment.Bench.Measures;

/// <summary>Between running machines: connection set-up, bytes a second (iperf3) and requests a second (redis-benchmark).</summary>
internal static class PathMeasure
{
    private const int ConnectsPerRun = 1000;

    public static async Task<IReadOnlyList<Row>> RunAsync(IReadOnlyList<ISide> sides, int runs, bool onlyConnects, CancellationToken cancellation)
    {
        BenchProgram redis = OnProcessor(BenchProgram.Redis, ServerProcessor);
        BenchProgram iperf = OnProcessor(BenchProgram.Iperf, ServerProcessor);
        foreach (ISide side in sides)
        {
            await side.UpAsync([redis, iperf], cancellation);
            await side.RunAsync(redis, cancellation);
            await side.RunAsync(iperf with { Request = IperfControl }, cancellation);
        }

        var rows = new List<Row>();
        async Task Add(string subject, string unit, Func<ISide, Task<double>> measure)
            => rows.AddRange(Row.Of("path", subject, unit, await Rounds.PlayAsync(sides, runs, subject, measure)));

        await Add("connect, median of 1000", "µs", side => ConnectAsync(side, cancellation));
        if (!onlyConnects)
        {
            await Add("iperf3, one stream", "Gbit/s", side => IperfAsync(side, cancellation));
            await Add("redis-benchmark GET, 16 clients", "requests/s", side => RedisAsync(side, cancellation));
        }

        foreach (ISide side in sides)
        {
            await side.DownAsync(cancellation);
        }

        return rows;
    }

    /// <summary>A cookie of 37 bytes opens iperf3's control connection; the server answers with a state byte.</summary>
    private static string IperfControl { get; } = new string('x', 37);

    /// <summary>Client and server have a processor each: the network is to be compared, not where the scheduler puts two programs from one second to the next.</summary>
    private static int ServerProcessor => Environment.ProcessorCount - 1;

    private static IReadOnlyList<string> Pinned(int processor, IReadOnlyList<string> command) => ["taskset", "-c", processor.ToString(CultureInfo.InvariantCulture), .. command];

    private static BenchProgram OnProcessor(BenchProgram program, int processor) => program with { Command = Pinned(processor, program.Command) };

    private static async Task<double> ConnectAsync(ISide side, CancellationToken cancellation)
    {
        string output = await side.InClientAsync(
            [BenchFolder.ProbeProgram, "probe", "connects", side.Address("redis-1"), "6379", ConnectsPerRun.ToString(CultureInfo.InvariantCulture)], cancellation);
        return Summary.Of([.. output.Split(' ').Select(BenchFolder.ParseTime)]).Median;
    }

    private static async Task<double> IperfAsync(ISide side, CancellationToken cancellation)
    {
        string output = await side.InClientAsync(Pinned(0, ["iperf3", "-c", side.Address("iperf-1"), "-t", "1", "-w", "256K", "-J"]), cancellation);
        using JsonDocument document = JsonDocument.Parse(output);
        return document.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bits_per_second").GetDouble() / 1e9;
    }

    private static async Task<double> RedisAsync(ISide side, CancellationToken cancellation)
    {
        string output = await side.InClientAsync(Pinned(0, ["redis-benchmark", "-h", side.Address("redis-1"), "-t", "get", "-n", "50000", "-c", "16", "--csv"]), cancellation);
        string line = output.Split('\n').Single(found => found.StartsWith("\"GET\"", StringComparison.Ordinal));
        return double.Parse(line.Split(',')[1].Trim('"'), CultureInfo.InvariantCulture);
    }
}
