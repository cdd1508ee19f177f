using System.CommandLine;
using System.Globalization;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

/// <summary>Makes snapshots of machines.</summary>
internal sealed class CheckpointCommand : FigmentCommand
{
    private readonly Argument<string[]> _machines = new("machines") { HelpName = "MACHINE|SERVICE", Description = "Which machines", Arity = ArgumentArity.OneOrMore };
    private readonly Option<bool> _leaveRunning = new("--leave-running", "-R") { Description = "Let them go on; without it they are stopped, as of the snapshot" };
    private readonly Option<bool> _check = new("--check") { Description = "Only find out whether it can be done: they stand still for a moment, and go on" };
    private readonly Option<string?> _name = new("--name") { Description = "A name for the snapshot", HelpName = "NAME" };
    private readonly OutputOptions _output = new(quiet: "ids");
    private readonly ProjectOptions _project;

    public CheckpointCommand(CliContext context)
        : base(
            context,
            CommandGroup.Machines,
            "checkpoint",
            "Make a snapshot of running machines: their memory, and what they wrote. figment restore goes on from it.",
            new("figment checkpoint db-1", "db-1 is stopped, to go on from there later"),
            new("figment checkpoint --leave-running --name before-update db-1", "db-1 goes on, and there is a way back"),
            new("figment checkpoint --check app", "can it be done, or why not"))
    {
        MachineArguments.Complete(_machines, context);
        Add(_machines);
        Add(_leaveRunning);
        Add(_check);
        Add(_name);
        _output.AddTo(this);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var machines = await Targets(parsed, client, _project).FindAsync(parsed.GetRequiredValue(_machines), cancellationToken).ConfigureAwait(false);
            var request = new ActionRequest { LeaveRunning = parsed.GetValue(_leaveRunning), Check = parsed.GetValue(_check), Name = parsed.GetValue(_name) };
            var taken = new List<CheckpointView>();

            // One after the other: each is written to the same disk. What is done is told also if a later one fails.
            foreach (var machine in machines)
            {
                var view = await client.CheckpointAsync(machine.Application, machine.Machine, request, cancellationToken).ConfigureAwait(false);
                taken.Add(view);
                if (!_output.IsJson(parsed))
                {
                    await Context.Out.WriteLineAsync(_output.IsQuiet(parsed) ? view.Snapshot : Line(machine.Machine, view)).ConfigureAwait(false);
                }
            }

            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, taken, CliJson.Default.IReadOnlyListCheckpointView);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);

    private static string Line(string machine, CheckpointView view)
    {
        string pause = view.PauseMs is { } ms ? string.Create(CultureInfo.InvariantCulture, $"stood still for {ms} ms, ") : "";
        string size = view.SizeBytes is { } bytes ? $", {Units.Bytes(bytes)}" : "";
        string took = string.Create(CultureInfo.InvariantCulture, $" ({pause}{view.TookMs} ms in all{size})");
        return view.Snapshot is { } id ? $"{machine}  {id}{took}" : $"{machine}  can be put into a snapshot{took}";
    }
}
