using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands.Nodes;

internal sealed class ListNodesCommand : FigmentCommand
{
    private readonly OutputOptions _output = new(quiet: "names");

    public ListNodesCommand(CliContext context)
        : base(
            context,
            CommandGroup.Node,
            "ls",
            "List the nodes of the cluster; each is asked now.",
            new("figment node ls", "all"),
            new("figment node ls --json", "for programs"))
    {
        _output.AddTo(this);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var nodes = await client.GetNodesAsync(cancellationToken).ConfigureAwait(false);
            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, nodes, CliJson.Default.IReadOnlyListNodeView);
            }
            else if (_output.IsQuiet(parsed))
            {
                foreach (var node in nodes)
                {
                    await Context.Out.WriteLineAsync(node.Name).ConfigureAwait(false);
                }
            }
            else if (nodes.Count == 0)
            {
                await Context.Error.WriteLineAsync("this node belongs to no cluster: figment node init begins one, figment node join joins another's").ConfigureAwait(false);
            }
            else
            {
                Write(parsed, nodes);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);

    private void Write(ParseResult parsed, IReadOnlyList<NodeView> nodes)
    {
        var table = new ColumnWriter("NAME", "ADDRESS", "STATE", "AUTHORITY", "VERSION", "MEMBER FOR");
        foreach (var node in nodes)
        {
            table.Add(
                node.Name,
                node.Address,
                node.IsThis ? "this node" : node.Complaint is null ? "answers" : "does not answer",
                node.HasAuthority ? "yes" : "no",
                node.Version,
                Units.Age(Context.Time.GetUtcNow() - node.Since));
        }

        table.Write(Context.Out, Palette.ForOutput(Context, parsed));
        foreach (string complaint in nodes.Select(node => node.Complaint).OfType<string>())
        {
            Context.Error.WriteLine($"warning: {complaint}");
        }
    }
}
