using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

internal sealed class EventsCommand : FigmentCommand
{
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Go on with what comes" };
    private readonly Option<string?> _since;
    private readonly Option<bool> _allApplications = new("--all-apps") { Description = "Of all applications" };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object a line" };
    private readonly ProjectOptions _project;

    public EventsCommand(CliContext context)
        : base(
            context,
            CommandGroup.Insight,
            "events",
            "Show each change of a machine's state with its cause.",
            new("figment events", "all that is remembered of this folder's application"),
            new("figment events -f --all-apps", "what happens on this node from now on"),
            new("figment events --since 1h --json", "an hour, for programs"))
    {
        _since = TimeOptions.Make("--since", "Changes from then on", context);
        Add(_follow);
        Add(_since);
        Add(_allApplications);
        Add(_json);
        _project = AddProject(shortFile: false);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            string? application = parsed.GetValue(_allApplications) ? null : await Targets(parsed, client, _project).TryApplicationAsync(cancellationToken).ConfigureAwait(false);
            var events = client.EventsAsync(application, TimeOptions.Read(parsed, _since, Context), parsed.GetValue(_follow), cancellationToken);
            await foreach (var view in events.ConfigureAwait(false))
            {
                if (parsed.GetValue(_json))
                {
                    CliJsonLines.Write(Context.Out, view);
                    continue;
                }

                var change = view.Event;
                string name = application is null ? $"{view.Application}/{change.Machine}" : change.Machine;
                await Context.Out.WriteLineAsync(
                    $"{Units.Timestamp(change.At)}  {name,-16}  {StateText.Word(change.From)} -> {StateText.Word(change.To)}  {SignalText.Of(change.Cause, change.ExitCode)}").ConfigureAwait(false);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);
}
