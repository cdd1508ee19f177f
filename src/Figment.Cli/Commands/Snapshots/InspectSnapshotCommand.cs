using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands.Snapshots;

internal sealed class InspectSnapshotCommand : FigmentCommand
{
    private readonly Argument<string[]> _snapshots;
    private readonly Option<bool> _json = new("--json") { Description = "Accepted: the result is JSON in any case" };

    public InspectSnapshotCommand(CliContext context)
        : base(
            context,
            CommandGroup.Snapshots,
            "inspect",
            "Show whose snapshots these are and what they take, as JSON.",
            new("figment snapshot inspect shop/web-1", "the newest of a machine"),
            new("figment snapshot inspect 019c8f3a", "one by the beginning of its id"))
    {
        Add(_snapshots = SnapshotArguments.Many(context));
        Add(_json);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var details = new List<SnapshotDetail>();
            foreach (string snapshot in parsed.GetRequiredValue(_snapshots))
            {
                details.Add(await client.GetSnapshotAsync(snapshot, cancellationToken).ConfigureAwait(false));
            }

            CliJson.Write(Context.Out, details, CliJson.Default.IReadOnlyListSnapshotDetail);
            return ExitCodes.Ok;
        },
        cancellationToken);
}
