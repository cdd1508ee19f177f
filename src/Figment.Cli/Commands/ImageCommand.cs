using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands;

/// <summary>The noun before <c>prune</c>.</summary>
internal sealed class ImageCommand : FigmentCommand
{
    public ImageCommand(CliContext context)
        : base(context, CommandGroup.Images, "image", "Look after images.", new Example("figment image prune", "free what no image needs"))
    {
        Add(new PruneCommand(context));
    }

    private sealed class PruneCommand : FigmentCommand
    {
        private readonly OutputOptions _output = new();
        private readonly Option<bool> _force = new("--force", "-f") { Description = "Accepted for docker's sake: nothing is asked" };

        public PruneCommand(CliContext context)
            : base(context, CommandGroup.Images, "prune", "Remove images without a name and layers that no image needs.", new Example("figment image prune", "and see what that freed"))
        {
            _output.AddTo(this);
            Add(_force);
            Does(ExecuteAsync);
        }

        private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
            async client =>
            {
                var result = await client.PruneImagesAsync(cancellationToken).ConfigureAwait(false);
                if (_output.IsJson(parsed))
                {
                    CliJson.Write(Context.Out, result, CliJson.Default.PruneView);
                }
                else
                {
                    await Context.Out.WriteLineAsync($"{result.Images} images and {result.Layers} layers removed, {Units.Bytes(result.FreedBytes)} freed").ConfigureAwait(false);
                }

                return ExitCodes.Ok;
            },
            cancellationToken);
    }
}
