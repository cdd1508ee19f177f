using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands.Snapshots;

internal sealed class PruneSnapshotsCommand : FigmentCommand
{
    private readonly OutputOptions _output = new();
    private readonly Option<bool> _force = new("--force", "-f") { Description = "Accepted for docker's sake: nothing is asked" };

    public PruneSnapshotsCommand(CliContext context)
        : base(context, CommandGroup.Snapshots, "prune", "Free what no snapshot needs. No snapshot is removed.", new Example("figment snapshot prune", "and see how much that was"))
    {
        _output.AddTo(this);
        Add(_force);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var result = await client.PruneSnapshotsAsync(cancellationToken).ConfigureAwait(false);
            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, result, CliJson.Default.SnapshotPruneView);
            }
            else
            {
                await Context.Out.WriteLineAsync($"{result.Packs} packs and {result.Blocks} blocks removed, {Units.Bytes(result.FreedBytes)} freed").ConfigureAwait(false);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);
}
