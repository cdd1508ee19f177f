using System.Globalization;
using Figment.Bench.Ensembles;
using Figment.Bench.Reporting;

namespace Figment.Bench.Measures;

/// <summary>
/// The node failure of Boxer's section 5 (arXiv 2407.00832): one of three ZooKeeper members is killed while clients read. How long until three belong to the ensemble again, and what the clients saw.
/// Each run has an ensemble of its own.
/// </summary>
internal static class RecoveryMeasure
{
    /// <param name="sides">The first is the one that others are compared with.</param>
    /// <param name="runs">Of each side.</param>
    /// <param name="time">Names the rounds.</param>
    /// <param name="cancellation">Ends the measure.</param>
    public static async Task<IReadOnlyList<Row>> RunAsync(IReadOnlyList<IEnsemble> sides, int runs, TimeProvider time, CancellationToken cancellation)
    {
        var results = new ResultTable("recovery", RecoveryRun.Header);
        string revision = await ResultTable.RevisionAsync(cancellation);
        for (int round = 0; round < runs; round++)
        {
            string name = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            for (int turn = 0; turn < sides.Count; turn++)
            {
                IEnsemble side = sides[(round + turn) % sides.Count];
                Console.Error.WriteLine($"recovery: round {round + 1} of {runs}, {side.Name}");
                try
                {
                    await side.UpAsync(cancellation);
                    RecoveryRun run = await Death.PlayAsync(side, name, revision, cancellation);
                    Console.Error.WriteLine(run.ToLine());
                    await results.AddAsync(run.ToLine(), cancellation);
                }
                finally
                {
                    await side.DownAsync(CancellationToken.None);
                }
            }
        }

        List<RecoveryRun> all =
        [
            .. (await results.ReadAsync(cancellation)).Select(RecoveryRun.Parse)
                .GroupBy(run => run.Round)
                .Where(round => sides.All(side => round.Any(run => run.Side == side.Name)))
                .SelectMany(round => round),
        ];
        IEnumerable<Row> Of(string subject, string unit, Func<RecoveryRun, double> value, bool isCompared = false) => Row.Of(
            "recovery",
            subject,
            unit,
            [.. sides.Select(side => KeyValuePair.Create(side.Name, all.Where(run => run.Side == side.Name).Select(value).ToList()))],
            isCompared);
        return
        [
            .. Of("kill to three members", "s", run => run.WholeMs / 1000, isCompared: true),
            .. Of("reads", "", run => run.Reads),
            .. Of("reads that another member answered", "", run => run.Repeated),
            .. Of("reads that failed", "", run => run.Failed),
            .. Of("longest read", "ms", run => run.LongestMs),
        ];
    }
}
