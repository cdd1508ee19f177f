using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands.Nodes;

internal sealed class GiveTokenCommand : FigmentCommand
{
    private readonly Option<string?> _lifetime = new("--lifetime") { Description = "For how long it is good: 10m, 1h, 2d, at most 7d; by default 1h", HelpName = "TIME" };
    private readonly OutputOptions _output = new(quiet: "the token");

    public GiveTokenCommand(CliContext context)
        : base(
            context,
            CommandGroup.Node,
            "token",
            "Give a token by which one further node may join, once. It is a secret until then.",
            new("figment node token", "says what to type on the other node"),
            new("figment node token -q", "the token alone, for figment node join NODE -"))
    {
        _lifetime.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }, ..] && Seconds(text) is not (>= 1 and <= NodeTokenRequest.LifetimeSecondsMax))
            {
                result.AddError($"--lifetime '{text}': give 10m, 1h or 2d, at most 7d");
            }
        });
        Add(_lifetime);
        _output.AddTo(this);
        Does(ExecuteAsync);
    }

    private static int Seconds(string text) => TimeArgument.TryParseDuration(text, out var duration) ? (int)Math.Min(duration.TotalSeconds, int.MaxValue) : 0;

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            int lifetime = parsed.GetValue(_lifetime) is { } text ? Seconds(text) : NodeTokenRequest.LifetimeSecondsDefault;
            var token = await client.GiveTokenAsync(new NodeTokenRequest { LifetimeSeconds = lifetime }, cancellationToken).ConfigureAwait(false);
            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, token, CliJson.Default.NodeTokenView);
            }
            else
            {
                await Context.Out.WriteLineAsync(_output.IsQuiet(parsed) ? token.Token : $"figment node join {token.Address} {token.Token}").ConfigureAwait(false);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);
}
