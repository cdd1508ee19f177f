using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands.Nodes;

internal sealed class RemoveNodeCommand : FigmentCommand
{
    private readonly Argument<string> _node = new("NODE") { Description = "Its name" };

    public RemoveNodeCommand(CliContext context)
        : base(
            context,
            CommandGroup.Node,
            "rm",
            "Take a node out of the cluster, whether it answers or not: nobody answers it any more. It can join again with a new token.",
            new Example("figment node rm node-3", "one that is gone for good"))
    {
        Add(_node);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            string node = parsed.GetRequiredValue(_node);
            await client.RemoveNodeAsync(node, cancellationToken).ConfigureAwait(false);
            await Context.Out.WriteLineAsync(node).ConfigureAwait(false);
            return ExitCodes.Ok;
        },
        cancellationToken);
}
