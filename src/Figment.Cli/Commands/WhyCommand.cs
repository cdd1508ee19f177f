using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

internal sealed class WhyCommand : FigmentCommand
{
    private const int EventsDefault = 20;
    private const int EventsMax = 1_000;

    private readonly Argument<string> _machine = MachineArguments.One();
    private readonly Option<int?> _limit = NumberOption.Whole("--limit", ["-n"], "How many changes to look back at; by default 20", 1, EventsMax);
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
            var events = await client.GetWhyAsync(machine.Application, machine.Machine, parsed.GetValue(_limit) ?? EventsDefault, cancellationToken).ConfigureAwait(false);
            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, events, CliJson.Default.IReadOnlyListEventView);
                return ExitCodes.Ok;
            }

            foreach (string line in WhyProse.Lines(machine.Machine, events, Context.Time))
            {
                await Context.Out.WriteLineAsync(line).ConfigureAwait(false);
            }

            if (machine.NotIdle is { } reason)
            {
                await Context.Out.WriteLineAsync($"it is never idle: {reason}; if it may be frozen all the same: x-figment.idle.ignore: heartbeat").ConfigureAwait(false);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);
}
