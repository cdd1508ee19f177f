using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

internal sealed class WhyCommand : FigmentCommand
{
    private const int LimitDefault = 20;
    private const int EventsMax = 1_000;

    private readonly Argument<string> _machine = MachineArguments.One();
    private readonly Option<int?> _limit = NumberOption.Whole("--limit", ["-n"], "How many causes to tell, rests in a row being one; with --json how many changes; by default 20", 1, EventsMax);
    private readonly OutputOptions _output = new();
    private readonly ProjectOptions _project;

    public WhyCommand(CliContext context)
        : base(
            context,
            CommandGroup.Insight,
            "why",
            "Tell why a machine is in its state: who or what started it, why it ended.",
            new("figment why redis", "the first machine of redis"),
            new("figment why -n 200 web-2 --json", "a longer past, for programs"))
    {
        MachineArguments.Complete(_machine, context);
        Add(_machine);
        Add(_limit);
        _output.AddTo(this);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var machine = await Targets(parsed, client, _project).FindOneAsync(parsed.GetRequiredValue(_machine), null, cancellationToken).ConfigureAwait(false);
            int limit = parsed.GetValue(_limit) ?? LimitDefault;
            var events = await client.GetWhyAsync(machine.Application, machine.Machine, _output.IsJson(parsed) ? limit : EventsMax, cancellationToken).ConfigureAwait(false);
            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, events, CliJson.Default.IReadOnlyListEventView);
                return ExitCodes.Ok;
            }

            foreach (string line in WhyProse.Lines(machine.Machine, events, limit, Context.Time))
            {
                await Context.Out.WriteLineAsync(line).ConfigureAwait(false);
            }

            if (machine.NotIdle is { } reason)
            {
                await Context.Out.WriteLineAsync($"it is never idle: {reason}; if it may be frozen all the same: x-figment.idle with ignore: heartbeat, and a freeze-after of more than three of its waits").ConfigureAwait(false);
            }

            if (machine.NotStored is { } obstacle)
            {
                await Context.Out.WriteLineAsync($"it could not be put on storage: {obstacle}; it stays in memory, and is tried again").ConfigureAwait(false);
            }

            if (machine.NoSnapshot is { } missing)
            {
                await Context.Out.WriteLineAsync($"there is no snapshot of its kind to begin from: {missing}; another is taken when one of them has come to rest, after a pause").ConfigureAwait(false);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);
}
