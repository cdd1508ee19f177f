using System.CommandLine;
using Figment.Api.Client;
using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands.Snapshots;

internal sealed class RemoveSnapshotCommand : FigmentCommand
{
    private readonly Argument<string[]> _snapshots;

    public RemoveSnapshotCommand(CliContext context)
        : base(
            context,
            CommandGroup.Snapshots,
            "rm",
            "Remove snapshots and free what they alone needed.",
            new("figment snapshot rm shop/web-1:before-upgrade", "one by its name"),
            new("figment snapshot rm 019c8f3a", "one by the beginning of its id"))
    {
        Add(_snapshots = SnapshotArguments.Many(context));
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            // The first error is told when the others are gone and their room is back.
            FigmentApiException? failure = null;
            bool isAny = false;
            foreach (string snapshot in parsed.GetRequiredValue(_snapshots))
            {
                try
                {
                    var removed = await client.RemoveSnapshotAsync(snapshot, cancellationToken).ConfigureAwait(false);
                    isAny = true;
                    await Context.Out.WriteLineAsync(removed.Id).ConfigureAwait(false);
                }
                catch (FigmentApiException exception)
                {
                    failure ??= exception;
                }
            }

            try
            {
                _ = isAny ? await client.PruneSnapshotsAsync(cancellationToken).ConfigureAwait(false) : null;
            }
            catch (FigmentApiException exception)
            {
                failure ??= exception;
            }

            return failure is null ? ExitCodes.Ok : throw failure;
        },
        cancellationToken);
}
