using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands;

internal sealed class RemoveImageCommand : FigmentCommand
{
    private readonly Argument<string[]> _references = new("references") { HelpName = "IMAGE", Description = "References", Arity = ArgumentArity.OneOrMore };

    public RemoveImageCommand(CliContext context)
        : base(context, CommandGroup.Images, "rmi", "Take names away from images. Their layers go with figment image prune.", new Example("figment rmi redis:7", "one image"))
    {
        Add(_references);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            foreach (string reference in parsed.GetRequiredValue(_references))
            {
                await client.RemoveImageAsync(reference, cancellationToken).ConfigureAwait(false);
                await Context.Out.WriteLineAsync(reference).ConfigureAwait(false);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);
}
