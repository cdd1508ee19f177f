using Figment.Bench.Reporting;
using Figment.Bench.Sides;

namespace Figment.Bench.Measures;

/// <summary>From a client's connect (Figment), or from the start of the command (native, Docker), to the first byte of the answer.</summary>
internal static class WakeMeasure
{
    public static async Task<IReadOnlyList<Row>> RunAsync(IReadOnlyList<ISide> sides, int runs, CancellationToken cancellation)
    {
        BenchProgram[] programs = [BenchProgram.Memcached, BenchProgram.Redis, BenchProgram.Nginx, BenchProgram.Node];
        foreach (ISide side in sides)
        {
            await side.UpAsync(programs, cancellation);
        }

        var rows = new List<Row>();
        foreach (BenchProgram program in programs)
        {
            // Once for the page cache, and so that Figment has learnt the kind of the program's socket.
            foreach (ISide side in sides)
            {
                await side.WakeAsync(program, cancellation);
            }

            IReadOnlyList<KeyValuePair<string, List<double>>> values = await Rounds.PlayAsync(
                sides, runs, "wake " + program.Name, async side => await side.WakeAsync(program, cancellation) / 1000);
            rows.AddRange(Row.Of("wake", program.Name, "ms", values));
        }

        foreach (ISide side in sides)
        {
            await side.DownAsync(cancellation);
        }

        return rows;
    }
}
