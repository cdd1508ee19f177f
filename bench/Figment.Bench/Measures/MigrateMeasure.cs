using System.Diagnostics;
using System.Globalization;
using Figment.Bench.Moves;
using Figment.Bench.Reporting;
using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Measures;

/// <summary>How long a client that asks every millisecond waits while its server moves to another node and back, over a shaped wire.</summary>
internal static class MigrateMeasure
{
    private static readonly int[] s_megabytes = [100, 1000];
    private static readonly int[] s_gigabits = [1, 10];
    private static readonly string[] s_loads = ["idle", "write"];

    /// <summary>Asked before and after each move, so that the pause lies between answers.</summary>
    private static readonly TimeSpan Around = TimeSpan.FromMilliseconds(300);

    /// <param name="wire">Between the two nodes.</param>
    /// <param name="sides">The first is the one that others are compared with.</param>
    /// <param name="runs">Rounds: in each, each side makes every move there and back.</param>
    /// <param name="time">Names the rounds.</param>
    /// <param name="cancellation">Ends the measure.</param>
    public static async Task<IReadOnlyList<Row>> RunAsync(NodeWire wire, IReadOnlyList<IMover> sides, int runs, TimeProvider time, CancellationToken cancellation)
    {
        var results = new ResultTable("migrate", MoveRun.Header);
        string revision = await ResultTable.RevisionAsync(cancellation);
        for (int round = 0; round < runs; round++)
        {
            string name = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            foreach (int megabytes in s_megabytes)
            {
                for (int turn = 0; turn < sides.Count; turn++)
                {
                    IMover side = sides[(round + turn) % sides.Count];
                    Console.Error.WriteLine($"migrate, {megabytes} MB: round {round + 1} of {runs}, {side.Name}");
                    try
                    {
                        await foreach (MoveRun run in PlayAsync(wire, side, megabytes, name, revision, cancellation))
                        {
                            Console.Error.WriteLine(run.ToLine());
                            await results.AddAsync(run.ToLine(), cancellation);
                        }
                    }
                    finally
                    {
                        await side.DownAsync(CancellationToken.None);
                    }
                }
            }
        }

        return Rows(sides, [.. (await results.ReadAsync(cancellation)).Select(MoveRun.Parse)]);
    }

    private static async IAsyncEnumerable<MoveRun> PlayAsync(NodeWire wire, IMover side, int megabytes, string round, string revision, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        string address = await side.UpAsync(cancellation);
        using var client = new Asker(side.AtClient([BenchFolder.ProbeProgram, "probe", "move", address, BenchProgram.Redis.Port.ToString(CultureInfo.InvariantCulture), (megabytes * 1000).ToString(CultureInfo.InvariantCulture)]));
        await client.TellAsync("fill", cancellation);
        foreach (int gigabits in s_gigabits)
        {
            await wire.ShapeAsync(gigabits, cancellation);
            foreach (string load in s_loads)
            {
                foreach (bool toB in (bool[])[true, false])
                {
                    await client.TellAsync(load, cancellation);
                    await Task.Delay(Around, cancellation);
                    long begun = Stopwatch.GetTimestamp();
                    await side.MoveAsync(toB, cancellation);
                    double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
                    await Task.Delay(Around, cancellation);
                    string[] words = (await client.TellAsync("end", cancellation)).Split(' ');
                    yield return new MoveRun
                    {
                        Round = round,
                        Revision = revision,
                        Side = side.Name,
                        Megabytes = megabytes,
                        Gigabits = gigabits,
                        Load = load,
                        PauseMs = BenchFolder.ParseTime(words[0]) / 1000,
                        ConnectionsLost = int.Parse(words[1], CultureInfo.InvariantCulture),
                        FailedRequests = int.Parse(words[2], CultureInfo.InvariantCulture),
                        LostWrites = int.Parse(words[3], CultureInfo.InvariantCulture),
                        MoveSeconds = seconds,
                    };
                }
            }
        }
    }

    private static IReadOnlyList<Row> Rows(IReadOnlyList<IMover> sides, IReadOnlyList<MoveRun> runs)
    {
        var rows = new List<Row>();
        foreach (var subject in runs.GroupBy(run => run.Subject))
        {
            // Only whole rounds can be compared.
            var whole = subject.GroupBy(run => run.Round).Where(round => sides.All(side => round.Count(run => run.Side == side.Name) == 2)).SelectMany(round => round).ToList();
            IEnumerable<Row> Of(string what, string unit, Func<MoveRun, double> value, bool isCompared = false) => Row.Of(
                "migrate",
                $"{subject.Key}: {what}",
                unit,
                [.. sides.Select(side => KeyValuePair.Create(side.Name, whole.Where(run => run.Side == side.Name).Select(value).ToList()))],
                isCompared);
            if (whole.Count > 0)
            {
                rows.AddRange(Of("pause", "ms", run => run.PauseMs, isCompared: true));
                rows.AddRange(Of("connections lost", "", run => run.ConnectionsLost));
                rows.AddRange(Of("requests without an answer", "", run => run.FailedRequests));
                rows.AddRange(Of("acknowledged writes lost", "", run => run.LostWrites));
            }
        }

        return rows;
    }
}
