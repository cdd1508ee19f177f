using System.Globalization;
using Figment.Bench.Reporting;
using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Measures;

/// <summary>
/// From a request to the first byte of the answer of a server of several processes that is on storage; beside the time in which a restore that may not choose process numbers, as FastFreeze's,
/// gets those alone (FastMig compares these two), and a restore by runc.
/// </summary>
internal static class ProcessesMeasure
{
    /// <summary>Linux' default for small machines. A new PID namespace has 4,194,304, with which each process but the first takes 128 times as long.</summary>
    private const string MaxPid = "32768";

    private const string Forking = $"fork until the PID comes, pid_max {MaxPid}, alone";
    private const double MicrosecondsPerMillisecond = 1000;

    public static async Task<IReadOnlyList<Row>> RunAsync(FigmentSide figment, RuncSide? runc, int runs, CancellationToken cancellation)
    {
        string until = Path.Combine(Repository.Root, "artifacts", "bench", "until");
        await Command.CheckedAsync(["cc", "-O2", "-o", until, Path.Combine(BenchProgram.FilesFolder, "until.c")], null, cancellation);
        var rows = new List<Row>();
        foreach (int processes in (int[])[2, 4, 8, 16])
        {
            BenchProgram program = BenchProgram.Prefork(processes) with { FreezeAfter = "4s, ignore: heartbeat", HibernateAfter = "100ms" };
            await figment.UpAsync([program], cancellation);
            try
            {
                await figment.RunAsync(program, cancellation);
                using var asker = new Asker(figment.Inside([BenchFolder.ProbeProgram, "probe", "ask", figment.Address(program.Machines.First()), program.Port.ToString(CultureInfo.InvariantCulture), program.Request]));
                var values = new Dictionary<string, List<double>> { ["figment"] = [], [Forking] = [] };
                if (runc is not null)
                {
                    values.Add("runc restore", []);
                    await runc.UpAsync(program, cancellation);
                }

                for (int round = 0; round < runs; round++)
                {
                    Console.Error.WriteLine($"processes {processes}: round {round + 1} of {runs}");
                    values["figment"].Add(await figment.WakeFrozenAsync(program, () => asker.AskAsync("new", cancellation), cancellation) / MicrosecondsPerMillisecond);
                    values[Forking].Add(BenchFolder.ParseTime(await Command.CheckedAsync([until, processes.ToString(CultureInfo.InvariantCulture), MaxPid], null, cancellation)) / MicrosecondsPerMillisecond);
                    if (runc is not null)
                    {
                        values["runc restore"].Add(await runc.WakeAsync(program, cancellation) / MicrosecondsPerMillisecond);
                    }
                }

                rows.AddRange(Row.Of("processes", $"{processes} processes", "ms", [.. values]));
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

        return rows;
    }
}
