using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands.Nodes;

internal sealed class InitNodeCommand : FigmentCommand
{
    private readonly Option<string?> _address = NodeAddressOption.Make("that by which it reaches the world");

    public InitNodeCommand(CliContext context)
        : base(
            context,
            CommandGroup.Node,
            "init",
            "Begin a cluster with this node, which gets its authority: further nodes are let in here.",
            new("figment node init", "at the address of the way out"),
            new("figment node init --address 192.0.2.7", "at another"))
    {
        Add(_address);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var node = await client.InitNodeAsync(new NodeInitRequest { Address = parsed.GetValue(_address) }, cancellationToken).ConfigureAwait(false);
            await Context.Out.WriteLineAsync($"{node.Name}  {node.Address}").ConfigureAwait(false);
            await Context.Error.WriteLineAsync("figment node token lets another node join").ConfigureAwait(false);
            return ExitCodes.Ok;
        },
        cancellationToken);
}
