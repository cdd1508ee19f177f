using System.CommandLine;
using System.Globalization;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

internal sealed class LogsCommand : FigmentCommand
{
    /// <summary>How far apart lines of two machines may arrive and still be put in order while following.</summary>
    private static readonly TimeSpan FollowPatience = TimeSpan.FromMilliseconds(150);

    private readonly Argument<string[]> _machines = MachineArguments.Many("Whose output; by default all of the application");
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Go on with what comes" };
    private readonly Option<string?> _tail = new("--tail", "-n") { Description = "Last lines of each machine only: a number or all", HelpName = "N" };
    private readonly Option<string?> _since;
    private readonly Option<string?> _until;
    private readonly Option<bool> _timestamps = new("--timestamps", "-t") { Description = "Show when each line was written" };
    private readonly Option<bool> _noPrefix = new("--no-prefix", "--no-log-prefix") { Description = "Do not show which machine wrote a line" };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object a line" };
    private readonly ProjectOptions _project;

    public LogsCommand(CliContext context)
        : base(
            context,
            CommandGroup.Insight,
            "logs",
            "Show what programs wrote, of several machines in the order of time.",
            new("figment logs -f", "all machines, and what comes"),
            new("figment logs --tail 20 web db-1", "the last lines of some"),
            new("figment logs --since 10m --no-prefix web-1", "ten minutes of one, as it wrote them"))
    {
        _since = TimeOptions.Make("--since", "Lines from then on", context);
        _until = TimeOptions.Make("--until", "Lines before then", context);
        MachineArguments.Complete(_machines, context);
        _tail.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }, ..] && text != "all" && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                result.AddError($"--tail '{text}' is neither a number nor all");
            }
        });
        Add(_machines);
        Add(_follow);
        Add(_tail);
        Add(_since);
        Add(_until);
        Add(_timestamps);
        Add(_noPrefix);
        Add(_json);
        _project = AddProject(shortFile: false);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var machines = await Targets(parsed, client, _project).FindAsync(parsed.GetValue(_machines) ?? [], cancellationToken).ConfigureAwait(false);
            var query = new LogQuery
            {
                Follow = parsed.GetValue(_follow),
                Tail = parsed.GetValue(_tail) is { } tail && tail != "all" ? int.Parse(tail, CultureInfo.InvariantCulture) : null,
                Since = TimeOptions.Read(parsed, _since, Context),
                Until = TimeOptions.Read(parsed, _until, Context),
            };
            var streams = machines.Select(machine => client.LogsAsync(machine.Application, machine.Machine, query, cancellationToken)).ToArray();
            var printer = new LogPrinter(Context.Out, Palette.ForOutput(Context, parsed), machines)
            {
                Timestamps = parsed.GetValue(_timestamps),
                Prefixes = !parsed.GetValue(_noPrefix),
                Json = parsed.GetValue(_json),
            };
            var merged = TimeMerge.MergeAsync(streams, (LogLine line) => line.At, query.Follow ? FollowPatience : Timeout.InfiniteTimeSpan, Context.Time, cancellationToken);
            await foreach (var (machine, line) in merged.ConfigureAwait(false))
            {
                printer.Write(machine, line);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);
}
