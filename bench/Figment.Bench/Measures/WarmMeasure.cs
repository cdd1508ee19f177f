using Figment.Bench.Reporting;
using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Measures;

/// <summary>From a client's connection to an imaginary machine to the first byte of the answer: its program is started, or it begins from a snapshot of its kind; beside the server's own start.</summary>
internal static class WarmMeasure
{
    public static async Task<IReadOnlyList<Row>> RunAsync(FigmentSide figment, int runs, CancellationToken cancellation)
    {
        // A machine has a /tmp of its own.
        string classes = Path.Combine(Repository.Root, "artifacts", "bench", "classes");
        string source = Path.Combine(Repository.Root, "tests", "Figment.Conformance.Tests", "Scenarios", "java", "Greeting.java");
        var rows = new List<Row>();
        await using var native = new NativeSide();
        try
        {
            await Command.CheckedAsync(["javac", "-d", classes, source], null, cancellation);

            // Java's server looks around every ten seconds: waits of up to a third of freeze-after do not count.
            foreach (BenchProgram program in (BenchProgram[])
            [
                BenchProgram.Express, BenchProgram.Translated, BenchProgram.Java(classes) with { FreezeAfter = "31s" }, BenchProgram.JavaSource(Path.GetDirectoryName(source)!, source) with { FreezeAfter = "31s" },
            ])
            {
                string freezeAfter = program.FreezeAfter == BenchProgram.Express.FreezeAfter ? "4s" : program.FreezeAfter;
                rows.AddRange(await RunAsync(program with { FreezeAfter = $"{freezeAfter}, ignore: heartbeat" }, native, figment, runs, cancellation));
            }

            return rows;
        }
        finally
        {
            if (Directory.Exists(classes))
            {
                Directory.Delete(classes, recursive: true);
            }
        }
    }

    private static async Task<IReadOnlyList<Row>> RunAsync(BenchProgram program, NativeSide native, FigmentSide figment, int runs, CancellationToken cancellation)
    {
        BenchProgram warm = program with { Name = program.Name + "-warm", FromSnapshot = true };
        await native.UpAsync([program], cancellation);
        await figment.UpAsync([program, warm], cancellation);
        try
        {
            // Once for the page cache, and what Figment learns of a program's socket.
            await native.WakeAsync(program, cancellation);
            await figment.WakeAsync(program, cancellation);
            await figment.WakeAsync(warm, cancellation);

            // Of one that is frozen the snapshot was taken before.
            await figment.WakeFrozenAsync(warm, () => Task.FromResult(0.0), cancellation);
            var values = new Dictionary<string, List<double>> { ["figment, image"] = [], ["figment, snapshot"] = [], ["start"] = [] };
            for (int round = 0; round < runs; round++)
            {
                Console.Error.WriteLine($"warm {program.Name}: round {round + 1} of {runs}");
                values["start"].Add(await native.WakeAsync(program, cancellation) / 1000);
                values["figment, image"].Add(await figment.WakeAsync(program, cancellation) / 1000);
                values["figment, snapshot"].Add(await figment.WakeAsync(warm, cancellation) / 1000);
                await figment.CheckSnapshotAsync(warm, cancellation);
            }

            return [.. Row.Of("warm", program.Name, "ms", [.. values])];
        }
        finally
        {
            await figment.DownAsync(CancellationToken.None);
            await native.DownAsync(CancellationToken.None);
        }
    }
}
