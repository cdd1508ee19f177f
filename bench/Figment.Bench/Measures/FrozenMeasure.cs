using System.Globalization;
using Figment.Bench.Reporting;
using Figment.Bench.Sides;

namespace Figment.Bench.Measures;

/// <summary>From a request to the first byte of the answer of a redis with 100 MB that stands still: on the connection that its client had, and on a new one.</summary>
internal static class FrozenMeasure
{
    /// <summary>Values of 1,000 bytes.</summary>
    private const int Values = 100_000;

    public static async Task<IReadOnlyList<Row>> RunAsync(IReadOnlyList<ISide> sides, int runs, CancellationToken cancellation)
    {
        BenchProgram redis = BenchProgram.Redis with { FreezeAfter = "500ms" };
        var askers = new Dictionary<ISide, Asker>();
        try
        {
            foreach (ISide side in sides)
            {
                await side.UpAsync([redis], cancellation);
                await side.RunAsync(redis, cancellation);
                await side.InClientAsync(Fill(side.Address("redis-1")), cancellation);
                askers[side] = new Asker(side.Inside([BenchFolder.ProbeProgram, "probe", "ask", side.Address("redis-1"), redis.Port.ToString(CultureInfo.InvariantCulture), redis.Request]));
                await askers[side].OpenAsync(cancellation);
            }

            var rows = new List<Row>();
            foreach (string how in (string[])["old", "new"])
            {
                string subject = how == "old" ? "request on the connection there was" : "request on a new connection";
                rows.AddRange(Row.Of("frozen", subject, "µs", await Rounds.PlayAsync(sides, runs, "frozen, " + subject, side => side.WakeFrozenAsync(redis, () => askers[side].AskAsync(how, cancellation), cancellation))));
            }

            return rows;
        }
        finally
        {
            foreach (Asker asker in askers.Values)
            {
                asker.Dispose();
            }

            foreach (ISide side in sides)
            {
                await side.DownAsync(CancellationToken.None);
            }
        }
    }

    private static IReadOnlyList<string> Fill(string address) =>
        ["redis-cli", "-h", address, "eval", FormattableString.Invariant($"for i = 1, {Values} do redis.call('set', 'k' .. i, string.rep('x', 1000)) end"), "0"];
}
