using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Reporting;

/// <summary>All runs of a measure there have been, a line each, in <c>docs/results/NAME.tsv</c>: a later call adds its own, so that a long measure can be made in parts.</summary>
internal sealed class ResultTable(string name, string header)
{
    public static string Folder => Path.Combine(Repository.Root, "docs", "results");

    private string TableFile => Path.Combine(Folder, name + ".tsv");

    /// <summary>Of the sources, as each line says it.</summary>
    public static async Task<string> RevisionAsync(CancellationToken cancellation)
        => (await Command.CheckedAsync(["git", "-C", Repository.Root, "rev-parse", "--short", "HEAD"], null, cancellation)).Trim();

    public async Task AddAsync(string line, CancellationToken cancellation)
    {
        if (!File.Exists(TableFile))
        {
            Directory.CreateDirectory(Folder);
            await File.WriteAllTextAsync(TableFile, header + '\n', cancellation);
        }

        await File.AppendAllTextAsync(TableFile, line + '\n', cancellation);
    }

    public async Task<IReadOnlyList<string>> ReadAsync(CancellationToken cancellation) => [.. (await File.ReadAllLinesAsync(TableFile, cancellation)).Skip(1)];
}
