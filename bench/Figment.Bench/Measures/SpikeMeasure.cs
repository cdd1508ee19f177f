using System.Globalization;
using Figment.Bench.Reporting;
using Figment.Bench.Spikes;

namespace Figment.Bench.Measures;

/// <summary>
/// The spike of Boxer's section 5 (arXiv 2407.00832): the load on three tiers steps up twelve-fold. How long until the throughput is that of the side which had all its workers from the start, how much it is
/// afterwards, what the clients saw. All sides from nothing in each run.
/// </summary>
internal static class SpikeMeasure
{
    /// <param name="sides">The first is the over-provisioned one.</param>
    /// <param name="runs">Of each side.</param>
    /// <param name="time">Names the rounds.</param>
    /// <param name="cancellation">Ends the measure.</param>
    public static async Task<IReadOnlyList<Row>> RunAsync(IReadOnlyList<ISpikeSide> sides, int runs, TimeProvider time, CancellationToken cancellation)
    {
        var results = new ResultTable("spike", SpikeRun.Header);
        string revision = await ResultTable.RevisionAsync(cancellation);
        for (int round = 0; round < runs; round++)
        {
            string name = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            for (int turn = 0; turn < sides.Count; turn++)
            {
                ISpikeSide side = sides[(round + turn) % sides.Count];
                Console.Error.WriteLine($"spike: round {round + 1} of {runs}, {side.Name}");
                try
                {
                    await side.UpAsync(cancellation);
                    SpikeRun run = await SpikeLoad.PlayAsync(side, name, revision, cancellation);
                    Console.Error.WriteLine(run.ToLine());
                    await results.AddAsync(run.ToLine(), cancellation);
                }
                finally
                {
                    await side.DownAsync(CancellationToken.None);
                }
            }
        }

        // Only whole rounds can be compared.
        IReadOnlyList<SpikeRun> all =
        [
            .. (await results.ReadAsync(cancellation)).Select(SpikeRun.Parse)
                .GroupBy(run => run.Round)
                .Where(round => sides.All(side => round.Any(run => run.Side == side.Name)))
                .SelectMany(round => round),
        ];
        await File.WriteAllTextAsync(Path.Combine(ResultTable.Folder, "spike.svg"), Plot(sides, all).ToSvg(), cancellation);
        return Rows(sides, all);
    }

    private static IReadOnlyList<Row> Rows(IReadOnlyList<ISpikeSide> sides, IReadOnlyList<SpikeRun> runs)
    {
        Dictionary<string, double> full = runs.Where(run => run.Side == sides[0].Name).ToDictionary(run => run.Round, run => run.AfterPerSecond);
        IEnumerable<Row> Of(string subject, string unit, Func<SpikeRun, double> value, bool isCompared = false) => Row.Of(
            "spike",
            subject,
            unit,
            [.. sides.Select(side => KeyValuePair.Create(side.Name, runs.Where(run => run.Side == side.Name).Select(value).ToList()))],
            isCompared);
        return
        [
            .. Of($"step to 95 % of the over-provisioned throughput ({SpikeLoad.Seconds} stands for never)", "s", run => run.SecondsToReach(full[run.Round]) ?? SpikeLoad.Seconds),
            .. Of("throughput from 2 s after the step", "requests/s", run => run.AfterPerSecond, isCompared: true),
            .. Of("failed requests", "of all", run => run.Failed),
            .. Of("workers that answered before the step", "", run => run.WorkersBefore),
            .. Of("workers that answered in the last second", "", run => run.WorkersAfter),
            .. Of("latency, first 2 s, median", "ms", run => run.FirstP50Ms),
            .. Of("latency, first 2 s, 99 %", "ms", run => run.FirstP99Ms),
            .. Of("latency, afterwards, median", "ms", run => run.AfterP50Ms),
            .. Of("latency, afterwards, 99 %", "ms", run => run.AfterP99Ms),
        ];
    }

    /// <summary>The median of the runs for each interval.</summary>
    private static LinePlot Plot(IReadOnlyList<ISpikeSide> sides, IReadOnlyList<SpikeRun> runs) => new()
    {
        Title = string.Create(CultureInfo.InvariantCulture, $"Twelve times the load at once: median of {runs.Count / sides.Count} runs"),
        XLabel = "seconds since the step",
        YLabel = "answers per second",
        XMark = 0,
        Series =
        [
            .. sides.Select(side => new LineSeries(side.Name,
            [
                .. runs.Where(run => run.Side == side.Name).ToList() is var own ? Enumerable.Range(0, own[0].Completed.Length).Select(bin => (
                    X: ((bin + 0.5) * SpikeRun.BinMs - SpikeRun.BeforeMs) / 1000,
                    Y: Summary.Of([.. own.Select(run => (double)run.Completed[bin])]).Median * 1000 / SpikeRun.BinMs)) : [],
            ])),
        ],
    };
}
