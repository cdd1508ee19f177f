using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands.Nodes;

internal sealed class LeaveNodeCommand : FigmentCommand
{
    private readonly Option<bool> _force = new("--force") { Description = "Also if others need this node's authority" };

    public LeaveNodeCommand(CliContext context)
        : base(
            context,
            CommandGroup.Node,
            "leave",
            "Leave the cluster; the others are told as far as they can be reached. Applications go on.",
            new Example("figment node leave", "the node is on its own again"))
    {
        Add(_force);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            await client.LeaveNodesAsync(parsed.GetValue(_force), cancellationToken).ConfigureAwait(false);
            return ExitCodes.Ok;
        },
        cancellationToken);
}
