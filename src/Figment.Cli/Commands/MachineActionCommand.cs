using System.CommandLine;
using System.Globalization;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;
using Figment.Model.Specs;

namespace Figment.Cli.Commands;

/// <summary>start, stop, restart and kill: the same for each machine that is named.</summary>
internal sealed class MachineActionCommand : FigmentCommand
{
    private readonly MachineAction _action;
    private readonly Argument<string[]> _machines = MachineArguments.Many("Which machines; by default all of the application");
    private readonly Option<double?> _timeout = NumberOption.Seconds("--timeout", ["-t"], "How long programs may take to end (by default what their services say)");
    private readonly Option<string?> _signal = new("--signal", "-s") { Description = "Name or number of the signal", HelpName = "SIGNAL" };
    private readonly Option<bool> _imaginary = new("--to-imaginary") { Description = "Leave the machine imaginary: the next connection starts it again" };
    private readonly OutputOptions _output = new(quiet: "nothing; the exit code tells");
    private readonly ProjectOptions _project;

    private MachineActionCommand(CliContext context, MachineAction action, string description, params Example[] examples)
        : base(context, CommandGroup.Machines, action.ToString().ToLowerInvariant(), description, examples)
    {
        _action = action;
        MachineArguments.Complete(_machines, context);
        Add(_machines);
        if (action is MachineAction.Stop or MachineAction.Restart)
        {
            Add(_timeout);
        }

        if (action is MachineAction.Stop or MachineAction.Kill)
        {
            Add(_signal);
            _signal.Validators.Add(result =>
            {
                if (result.Tokens is [{ Value: var text }, ..] && ProcessSignal.Parse(text) is null)
                {
                    result.AddError($"'{text}' is not a signal: give a name as SIGTERM or a number from 1 to 64");
                }
            });
        }

        if (action is MachineAction.Stop)
        {
            Add(_imaginary);
        }

        _output.AddTo(this);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    public static MachineActionCommand Start(CliContext context) => new(
        context,
        MachineAction.Start,
        "Start machines without waiting for a signal; stopped ones answer again.",
        new("figment start web", "all machines of web"),
        new("figment start", "all of the application"));

    public static MachineActionCommand Stop(CliContext context) => new(
        context,
        MachineAction.Stop,
        "Stop machines: no connection starts them until figment start.",
        new("figment stop web-1", "one machine"),
        new("figment stop --to-imaginary web", "end the programs of web; the next connection starts them again"));

    public static MachineActionCommand Restart(CliContext context) => new(
        context,
        MachineAction.Restart,
        "End the programs of machines and start them again.",
        new("figment restart web", "all machines of web"),
        new("figment restart -t 1", "all of the application, a second for each to end"));

    public static MachineActionCommand Kill(CliContext context) => new(
        context,
        MachineAction.Kill,
        "Send the programs of machines a signal, SIGKILL by default.",
        new("figment kill web-1", "end it at once"),
        new("figment kill -s HUP web", "ask all machines of web to read their settings again"));

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var machines = await Targets(parsed, client, _project).FindAsync(parsed.GetValue(_machines) ?? [], cancellationToken).ConfigureAwait(false);
            var request = new ActionRequest
            {
                Signal = parsed.GetValue(_signal) is { } signal ? ProcessSignal.Parse(signal) : _action == MachineAction.Kill ? ProcessSignal.Kill : null,
                GraceMs = parsed.GetValue(_timeout) is { } seconds ? (long)(seconds * 1000) : null,
                ToImaginary = parsed.GetValue(_imaginary),
            };

            // At the same time, as docker compose does: a slow end must not keep the others waiting. The first error is told after all have answered.
            var answers = machines.Select(machine => client.ActAsync(machine.Application, machine.Machine, _action, request, cancellationToken)).ToArray();
            await Task.WhenAll(answers.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Write(parsed, [.. answers.Where(answer => answer.IsCompletedSuccessfully).Select(answer => answer.Result)]);
            await Task.WhenAll(answers).ConfigureAwait(false);
            return ExitCodes.Ok;
        },
        cancellationToken);

    private void Write(ParseResult parsed, IReadOnlyList<MachineView> machines)
    {
        if (_output.IsJson(parsed))
        {
            CliJson.Write(Context.Out, machines, CliJson.Default.IReadOnlyListMachineView);
        }
        else if (!_output.IsQuiet(parsed))
        {
            int width = machines.Select(machine => machine.Machine.Length).DefaultIfEmpty(0).Max();
            foreach (var machine in machines)
            {
                Context.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{machine.Machine.PadRight(width)}  {StateText.Of(machine)}"));
            }
        }
    }
}
