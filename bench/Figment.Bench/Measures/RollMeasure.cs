using System.Diagnostics;
using System.Globalization;
using Figment.Bench.Reporting;
using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Measures;

/// <summary>The guestbook example moves to another node by one command while it is asked a hundred times a second, at its published port. What its clients see.</summary>
internal static class RollMeasure
{
    private const string Header = "round\trevision\trequests\tfailed\troll_s\tp50_ms\tp99_ms\tlongest_ms\tlongest_per_100_ms";
    private const string Application = "guestbook";
    private const int Port = 8080;
    private const int Rate = 100;
    private const int BeforeSeconds = 3;
    private const int AfterSeconds = 12;
    private const int BinMs = 100;

    /// <param name="a">Where it comes up.</param>
    /// <param name="runs">Of the whole.</param>
    /// <param name="time">Names the rounds.</param>
    /// <param name="cancellation">Ends the measure.</param>
    public static async Task<IReadOnlyList<Row>> RunAsync(FigmentNode a, int runs, TimeProvider time, CancellationToken cancellation)
    {
        var results = new ResultTable("roll", Header);
        string revision = await ResultTable.RevisionAsync(cancellation);
        var command = new FigmentCommand(a);
        string folder = BenchFolder.Make("roll");

        // nginx as one user: of several a sandbox' root may dump none.
        await Command.CheckedAsync(["sh", "-euc", $"cp -r {Path.Combine(Repository.Root, "examples", "guestbook")}/. {folder}; sed -i 's/user nobody nogroup;/user root;/' {folder}/nginx.conf"], null, cancellation);
        string example = Path.Combine(folder, "compose.yaml");
        for (int round = 0; round < runs; round++)
        {
            Console.Error.WriteLine($"roll: round {round + 1} of {runs}");
            await command.UpAsync(Application, [example], new Dictionary<string, string> { ["GUESTBOOK_PORT"] = Port.ToString(CultureInfo.InvariantCulture) }, cancellation);
            try
            {
                string line = await PlayAsync(command, cancellation);
                await results.AddAsync(string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}\t{revision}\t{line}"), cancellation);
            }
            finally
            {
                await command.DownAsync(Application, CancellationToken.None);
            }
        }

        Directory.Delete(folder, recursive: true);
        IReadOnlyList<string[]> all = [.. (await results.ReadAsync(cancellation)).Select(line => line.Split('\t'))];
        await File.WriteAllTextAsync(Path.Combine(ResultTable.Folder, "roll.svg"), Plot(all).ToSvg(), cancellation);
        IEnumerable<Row> Of(string what, string unit, int column) =>
            Row.Of("roll", what, unit, [new("figment migrate --all", [.. all.Select(run => Number(run[column]))])]);
        return
        [
            .. Of($"requests, {Rate} a second", "", 2),
            .. Of("failed requests", "", 3),
            .. Of("the whole application is at the other node after", "s", 4),
            .. Of("latency, median", "ms", 5),
            .. Of("latency, 99 %", "ms", 6),
            .. Of("latency, longest", "ms", 7),
        ];
    }

    /// <returns>The columns from the requests on.</returns>
    private static async Task<string> PlayAsync(FigmentCommand command, CancellationToken cancellation)
    {
        string[] load = [.. NodeWire.At(isB: false), BenchFolder.ProbeProgram, "probe", "load", "127.0.0.1", $"{Port}", $"{Rate}", $"{Rate}", $"{BeforeSeconds}", $"{AfterSeconds}"];
        using var client = Process.Start(new ProcessStartInfo(load[0], load[1..]) { RedirectStandardOutput = true })!;
        if (await client.StandardOutput.ReadLineAsync(cancellation) != "step")
        {
            throw new InvalidOperationException("the load did not begin");
        }

        long begun = Stopwatch.GetTimestamp();
        await command.MigrateAllAsync(Application, "b", cancellation);
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var requests = (await client.StandardOutput.ReadToEndAsync(cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t')).Select(words => (MomentMs: Number(words[0]) / 1000, Ms: Number(words[1]) / 1000, IsGood: words[2] == "200")).ToList();
        await client.WaitForExitAsync(cancellation);
        double[] times = [.. requests.Select(request => request.Ms).Order()];
        var bins = Enumerable.Range(-BeforeSeconds * 1000 / BinMs, (BeforeSeconds + AfterSeconds) * 1000 / BinMs)
            .Select(bin => requests.Where(request => (int)Math.Floor(request.MomentMs / BinMs) == bin).Select(request => request.Ms).DefaultIfEmpty().Max());
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{requests.Count}\t{requests.Count(request => !request.IsGood)}\t{seconds:F2}\t{Summary.Quantile(times, 0.5):F1}\t{Summary.Quantile(times, 0.99):F1}\t{times[^1]:F1}\t{string.Join(' ', bins.Select(ms => ms.ToString("F1", CultureInfo.InvariantCulture)))}");
    }

    private static LinePlot Plot(IReadOnlyList<string[]> runs) => new()
    {
        Title = string.Create(CultureInfo.InvariantCulture, $"The guestbook moves to another node: longest latency in each 100 ms, {runs.Count} runs"),
        XLabel = "seconds since figment migrate --all",
        YLabel = "ms to the answer",
        XMark = 0,
        Series =
        [
            .. new[] { ("median of the runs", 0.5), ("worst run", 1.0) }.Select(series => new LineSeries(series.Item1,
            [
                .. Enumerable.Range(0, (BeforeSeconds + AfterSeconds) * 1000 / BinMs).Select(bin => (
                    X: ((bin + 0.5) * BinMs / 1000) - BeforeSeconds,
                    Y: Summary.Quantile([.. runs.Select(run => Number(run[8].Split(' ')[bin])).Order()], series.Item2))),
            ])),
        ],
    };

    private static double Number(string word) => double.Parse(word, CultureInfo.InvariantCulture);
}
