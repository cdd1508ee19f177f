using System.Globalization;
using Figment.Bench.Reporting;
using Figment.Bench.Sides;

namespace Figment.Bench.Measures;

/// <summary>How long a client that writes waits for an answer while a snapshot is made of its server, which goes on: by <c>figment checkpoint --leave-running</c>, and by runc with the same CRIU.</summary>
internal static class CheckpointMeasure
{
    private const int ValuesPerSize = 100_000;

    public static async Task<IReadOnlyList<Row>> RunAsync(FigmentSide figment, RuncSide? runc, int runs, CancellationToken cancellation)
    {
        var rows = new List<Row>();
        foreach (var (size, times) in new[] { ("100 MB", 1), ("1 GB", 10) })
        {
            int values = ValuesPerSize * times;
            string fill = FormattableString.Invariant($"for i = 1, {values} do redis.call('set', 'k' .. i, string.rep('x', 1000)) end");
            var redis = BenchProgram.Redis with { Filling = ["redis-cli", "-h", "eval", fill, "0"], FreezeAfter = "never" };
            rows.AddRange(await RunAsync($"redis with {size}, 5,000 writes a second", redis, values, figment, runc, runs, cancellation));
        }

        return rows;
    }

    private static async Task<IReadOnlyList<Row>> RunAsync(string subject, BenchProgram redis, int values, FigmentSide figment, RuncSide? runc, int runs, CancellationToken cancellation)
    {
        string machine = redis.Machines.First();
        string[] Probe(string address) => [BenchFolder.ProbeProgram, "probe", "pause", address, redis.Port.ToString(CultureInfo.InvariantCulture), values.ToString(CultureInfo.InvariantCulture)];
        await figment.UpAsync([redis], cancellation);
        try
        {
            await figment.RunAsync(redis, cancellation);
            var (client, option, rest) = (redis.Filling[0], redis.Filling[1], redis.Filling[2..]);
            await figment.InClientAsync([client, option, figment.Address(machine), .. rest], cancellation);
            using var asker = new Asker(figment.Inside(Probe(figment.Address(machine))));
            if (runc is not null)
            {
                await runc.UpAsync(redis, cancellation);
            }

            using var other = runc is null ? null : new Asker(RuncSide.Inside(Probe("127.0.0.1")));
            var pauses = new Dictionary<string, List<double>> { ["figment"] = [], ["no snapshot"] = [] };
            if (other is not null)
            {
                pauses.Add("runc", []);
            }

            for (int round = 0; round < runs; round++)
            {
                Console.Error.WriteLine($"checkpoint, {subject}: round {round + 1} of {runs}");
                pauses["figment"].Add(await PauseAsync(asker, () => figment.CheckpointAsync(machine, cancellation), cancellation));
                pauses["no snapshot"].Add(await PauseAsync(asker, () => Task.Delay(TimeSpan.FromSeconds(1), cancellation), cancellation));
                if (other is not null)
                {
                    pauses["runc"].Add(await PauseAsync(other, () => runc!.CheckpointAsync(cancellation), cancellation));
                }
            }

            return [.. Row.Of("checkpoint", subject, "ms", [.. pauses])];
        }
        finally
        {
            if (runc is not null)
            {
                await runc.DownAsync(CancellationToken.None);
            }

            await figment.DownAsync(CancellationToken.None);
        }
    }

    private static async Task<double> PauseAsync(Asker asker, Func<Task> meanwhile, CancellationToken cancellation)
    {
        await asker.AskAsync("begin", cancellation);
        await meanwhile();
        return await asker.AskAsync("end", cancellation) / 1000;
    }
}
