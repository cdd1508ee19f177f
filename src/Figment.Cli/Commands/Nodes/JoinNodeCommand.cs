using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands.Nodes;

internal sealed class JoinNodeCommand : FigmentCommand
{
    private const string FromInput = "-";

    /// <summary>Longer than any token.</summary>
    private const int TokenCharactersMax = 1024;

    private readonly Argument<string> _to = new("NODE") { Description = "HOST or HOST:PORT, as figment node token says" };
    private readonly Argument<string> _token = new("TOKEN") { Description = "What figment node token gave; -: the first line of standard input" };
    private readonly Option<string?> _address = NodeAddressOption.Make("that by which it reaches the other");

    public JoinNodeCommand(CliContext context)
        : base(
            context,
            CommandGroup.Node,
            "join",
            "Join the cluster of another node.",
            new("figment node join 192.0.2.7:7473 TOKEN", "as figment node token says"),
            new("figment node join 192.0.2.7 - < token", "from a file"))
    {
        Add(_to);
        Add(_token);
        Add(_address);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            string token = parsed.GetRequiredValue(_token);
            var request = new NodeJoinRequest
            {
                To = parsed.GetRequiredValue(_to),
                Token = token == FromInput ? await ReadTokenAsync(cancellationToken).ConfigureAwait(false) : token,
                Address = parsed.GetValue(_address),
            };
            var node = await client.JoinNodeAsync(request, cancellationToken).ConfigureAwait(false);
            await Context.Out.WriteLineAsync($"{node.Name}  {node.Address}").ConfigureAwait(false);
            return ExitCodes.Ok;
        },
        cancellationToken);

    private async Task<string> ReadTokenAsync(CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(Context.RawInput, leaveOpen: true);
        char[] text = new char[TokenCharactersMax];
        int count = await reader.ReadBlockAsync(text, cancellationToken).ConfigureAwait(false);
        return new string(text, 0, count).Split('\n')[0].Trim();
    }
}
