using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands;

internal sealed class LoadCommand : FigmentCommand
{
    private readonly Argument<string> _path = new("path") { HelpName = "PATH", Description = "OCI layout (folder or archive) or an archive of docker save" };
    private readonly Option<string?> _tag = new("--tag") { Description = "Name for an image that has none", HelpName = "REFERENCE" };
    private readonly OutputOptions _output = new(quiet: "ids");

    public LoadCommand(CliContext context)
        : base(
            context,
            CommandGroup.Images,
            "load",
            "Take images from a file or folder.",
            new("figment load app.tar", "an archive"),
            new("figment load --tag app:1 ./layout", "a folder whose image has no name"))
    {
        Add(_path);
        Add(_tag);
        _output.AddTo(this);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string path = Path.GetFullPath(parsed.GetRequiredValue(_path), Context.WorkingDirectory);
        if (!Path.Exists(path))
        {
            throw new CliException($"cannot load {path}: there is no such file or folder", "figment load --help", ExitCodes.NotFound);
        }

        return WithClientAsync(
            async client =>
            {
                var progress = client.LoadImageAsync(new LoadRequest { Path = path, Reference = parsed.GetValue(_tag) }, cancellationToken);
                var last = await new ProgressView(Context, parsed).ShowAsync(progress, cancellationToken).ConfigureAwait(false);
                ImageResult.Write(Context, parsed, _output, last.Images ?? []);
                return ExitCodes.Ok;
            },
            cancellationToken);
    }
}
