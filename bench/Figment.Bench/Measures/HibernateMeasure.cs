using System.Globalization;
using Figment.Bench.Reporting;
using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Measures;

/// <summary>From a request to the first byte of the answer of a server that is on storage, on the connection that its client had and on a new one; beside the server's own start, and a restore by runc.</summary>
internal static class HibernateMeasure
{
    /// <summary>Values of 1,000 bytes.</summary>
    private const int Values = 100_000;

    /// <param name="figment">The node.</param>
    /// <param name="runc">Its peer; null: without.</param>
    /// <param name="programs">Names of those that are measured; empty: all.</param>
    /// <param name="runs">Of each.</param>
    /// <param name="cancellation">Ends the measure.</param>
    public static async Task<IReadOnlyList<Row>> RunAsync(FigmentSide figment, RuncSide? runc, IReadOnlyList<string> programs, int runs, CancellationToken cancellation)
    {
        // A machine has a /tmp of its own.
        string classes = Path.Combine(Repository.Root, "artifacts", "bench", "classes");
        string sources = Path.Combine(Repository.Root, "artifacts", "bench", "sources");
        string source = Path.Combine(sources, "Greeting.java");
        string data = Path.Combine(Path.GetTempPath(), "figment-bench-data");
        string fill = FormattableString.Invariant($"for i = 1, {Values} do redis.call('set', 'k' .. i, string.rep('x', 1000)) end");
        BenchProgram[] all =
        [
            // As root: root in a sandbox may not dump another user's.
            BenchProgram.Memcached with { Command = ["memcached", "-u", "root", "-m", "16"] },
            BenchProgram.Redis with { Filling = ["redis-cli", "-h", "eval", fill, "0"] },
            BenchProgram.Express, BenchProgram.Translated,

            // A JVM looks around every ten seconds, ZooKeeper every two: waits of up to a third of freeze-after do not count.
            BenchProgram.Java(classes) with { FreezeAfter = "31s" },
            BenchProgram.JavaSource(sources, source) with { FreezeAfter = "31s" },
            BenchProgram.ZooKeeper(data) with { FreezeAfter = "31s" },
            BenchProgram.Tomcat(data) with { FreezeAfter = "31s" },
        ];
        var rows = new List<Row>();
        await using var native = new NativeSide();
        try
        {
            Directory.CreateDirectory(sources);
            File.Copy(Path.Combine(Repository.Root, "tests", "Figment.Conformance.Tests", "Scenarios", "java", "Greeting.java"), source, overwrite: true);
            await Command.CheckedAsync(["javac", "-d", classes, source], null, cancellation);
            foreach (BenchProgram program in all.Where(program => programs.Count == 0 || programs.Contains(program.Name)))
            {
                string freezeAfter = program.FreezeAfter == BenchProgram.Redis.FreezeAfter ? "4s" : program.FreezeAfter;
                rows.AddRange(await RunAsync(program with { FreezeAfter = $"{freezeAfter}, ignore: heartbeat", HibernateAfter = "100ms" }, native, figment, runc, runs, cancellation));
            }

            return rows;
        }
        finally
        {
            foreach (string folder in (string[])[classes, sources, data])
            {
                if (Directory.Exists(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
        }
    }

    private static async Task<IReadOnlyList<Row>> RunAsync(BenchProgram program, NativeSide native, FigmentSide figment, RuncSide? runc, int runs, CancellationToken cancellation)
    {
        string machine = program.Machines.First();
        await native.UpAsync([program], cancellation);
        await figment.UpAsync([program], cancellation);
        try
        {
            await figment.RunAsync(program, cancellation);
            if (program.Filling is [var client, var option, .. var rest])
            {
                await figment.InClientAsync([client, option, figment.Address(machine), .. rest], cancellation);
            }

            using var asker = new Asker(figment.Inside([BenchFolder.ProbeProgram, "probe", "ask", figment.Address(machine), program.Port.ToString(CultureInfo.InvariantCulture), program.Request]));
            if (runc is not null)
            {
                await runc.UpAsync(program, cancellation);
            }

            // Once for the page cache.
            await native.WakeAsync(program, cancellation);
            var values = new Dictionary<string, List<double>> { ["start"] = [], ["figment, new connection"] = [], ["figment, old connection"] = [] };
            if (program.KeepsConnection)
            {
                await asker.OpenAsync(cancellation);
            }
            else
            {
                values.Remove("figment, old connection");
            }

            if (runc is not null)
            {
                values.Add("runc restore", []);
            }

            for (int round = 0; round < runs; round++)
            {
                Console.Error.WriteLine($"hibernate {program.Name}: round {round + 1} of {runs}");
                values["start"].Add(await native.WakeAsync(program, cancellation) / 1000);
                values["figment, new connection"].Add(await figment.WakeFrozenAsync(program, () => asker.AskAsync("new", cancellation), cancellation) / 1000);
                if (program.KeepsConnection)
                {
                    values["figment, old connection"].Add(await figment.WakeFrozenAsync(program, () => asker.AskAsync("old", cancellation), cancellation) / 1000);
                }

                if (runc is not null)
                {
                    values["runc restore"].Add(await runc.WakeAsync(program, cancellation) / 1000);
                }
            }

            return [.. Row.Of("hibernate", program.Name, "ms", [.. values])];
        }
        finally
        {
            if (runc is not null)
            {
                await runc.DownAsync(CancellationToken.None);
            }

            await figment.DownAsync(CancellationToken.None);
            await native.DownAsync(CancellationToken.None);
        }
    }
}
