using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

internal sealed class DownCommand : FigmentCommand
{
    private readonly Argument<string?> _path = new("path") { HelpName = "PATH", Description = "A Compose file or a folder with one", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _volumes = new("--volumes", "-v") { Description = "Remove its volumes too, except external ones" };
    private readonly Option<double?> _timeout = NumberOption.Seconds("--timeout", ["-t"], "How long programs may take to end (by default what their services say)");
    private readonly ProjectOptions _project;

    public DownCommand(CliContext context)
        : base(
            context,
            CommandGroup.Applications,
            "down",
            "Take down an application: its programs end, its machines, networks and what the machines wrote go.",
            new("figment down", "the application of this folder"),
            new("figment down -v", "with its volumes"),
            new("figment -p guestbook down -t 1", "by name; a second for programs to end"))
    {
        Add(_path);
        Add(_volumes);
        Add(_timeout);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var selection = Selection(parsed, _project);
            if (parsed.GetValue(_path) is { } path)
            {
                selection = new ComposeFiles(Context).Select(selection, path);
            }

            string application = await new Targets.MachineTargets(Context, client, selection).ApplicationAsync(cancellationToken).ConfigureAwait(false);
            long? timeoutMs = parsed.GetValue(_timeout) is { } seconds ? (long)(seconds * 1000) : null;
            await new ProgressView(Context, parsed).ShowAsync(client.DownAsync(application, parsed.GetValue(_volumes), timeoutMs, cancellationToken), cancellationToken).ConfigureAwait(false);
            return ExitCodes.Ok;
        },
        cancellationToken);
}
