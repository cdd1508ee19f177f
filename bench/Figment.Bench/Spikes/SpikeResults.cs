using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Spikes;

/// <summary>All runs there have been, a line each, in <c>docs/results/spike.tsv</c>: a later call adds its own, so that a long measure can be made in parts.</summary>
internal static class SpikeResults
{
    public static string Folder => Path.Combine(Repository.Root, "docs", "results");

    private static string TableFile => Path.Combine(Folder, "spike.tsv");

    public static async Task AddAsync(SpikeRun run, CancellationToken cancellation)
    {
        if (!File.Exists(TableFile))
        {
            Directory.CreateDirectory(Folder);
            await File.WriteAllTextAsync(TableFile, SpikeRun.Header + '\n', cancellation);
        }

        await File.AppendAllTextAsync(TableFile, run.ToLine() + '\n', cancellation);
    }

    /// <summary>Of rounds in which each of these sides had its run.</summary>
    public static async Task<IReadOnlyList<SpikeRun>> ReadAsync(IReadOnlyList<string> sides, CancellationToken cancellation)
    {
        string[] lines = await File.ReadAllLinesAsync(TableFile, cancellation);
        return [.. lines.Skip(1).Select(SpikeRun.Parse).GroupBy(run => run.Round).Where(round => sides.All(side => round.Any(run => run.Side == side))).SelectMany(round => round)];
    }
}
