using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands.Nodes;

/// <summary>The noun before what can be done with a cluster's nodes.</summary>
internal sealed class NodeCommand : FigmentCommand
{
    public NodeCommand(CliContext context)
        : base(
            context,
            CommandGroup.Node,
            "node",
            "Let nodes know each other, so that machines can move between them.",
            new("figment node init", "on the first node"),
            new("figment node token", "there: says what to type on the next"),
            new("figment node ls", "who belongs to it, and who answers"))
    {
        Add(new InitNodeCommand(context));
        Add(new GiveTokenCommand(context));
        Add(new JoinNodeCommand(context));
        Add(new ListNodesCommand(context));
        Add(new RemoveNodeCommand(context));
        Add(new LeaveNodeCommand(context));
    }
}
