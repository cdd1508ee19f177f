using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;
using Figment.Model.States;

namespace Figment.Cli.Commands;

internal sealed class PsCommand : FigmentCommand
{
    private readonly Argument<string[]> _services = MachineArguments.Many("Only these");
    private readonly Option<bool> _all = new("--all", "-a") { Description = "Stopped and completed machines too" };
    private readonly Option<bool> _allApplications = new("--all-apps") { Description = "Machines of all applications" };
    private readonly OutputOptions _output = new(quiet: "names");
    private readonly ProjectOptions _project;

    public PsCommand(CliContext context)
        : base(
            context,
            CommandGroup.Machines,
            "ps",
            "List machines.",
            new("figment ps", "machines of this folder's application, or of all when no application is meant"),
            new("figment ps -a --all-apps", "all there are"),
            new("figment ps --json", "for programs"))
    {
        MachineArguments.Complete(_services, context);
        Add(_services);
        Add(_all);
        Add(_allApplications);
        _output.AddTo(this);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var targets = Targets(parsed, client, _project);
            string[] names = parsed.GetValue(_services) ?? [];
            string? application = parsed.GetValue(_allApplications) || names.Length > 0 ? null : await targets.TryApplicationAsync(cancellationToken).ConfigureAwait(false);
            var found = names.Length > 0
                ? await targets.FindAsync(names, cancellationToken).ConfigureAwait(false)
                : await client.GetMachinesAsync(application, cancellationToken).ConfigureAwait(false);
            Write(parsed, [.. found.Where(machine => parsed.GetValue(_all) || machine.State is not (MachineState.Stopped or MachineState.Completed))]);
            return ExitCodes.Ok;
        },
        cancellationToken);

    private void Write(ParseResult parsed, IReadOnlyList<MachineView> machines)
    {
        bool several = machines.Select(machine => machine.Application).Distinct().Count() > 1;
        if (_output.IsQuiet(parsed))
        {
            foreach (var machine in machines)
            {
                Context.Out.WriteLine(several ? $"{machine.Application}/{machine.Machine}" : machine.Machine);
            }

            return;
        }

        if (_output.IsJson(parsed))
        {
            CliJson.Write(Context.Out, machines, CliJson.Default.IReadOnlyListMachineView);
            return;
        }

        string[] heads = ["MACHINE", "SERVICE", "STATE", "SINCE", "ADDRESS", "PORTS"];
        var table = new ColumnWriter(several ? ["APPLICATION", .. heads] : heads);
        var now = Context.Time.GetUtcNow();
        foreach (var machine in machines)
        {
            string?[] cells =
            [
                machine.Machine,
                machine.Service,
                StateText.Of(machine),
                Units.Age(now - machine.Since),
                string.Join(", ", machine.Addresses.Select(address => address.Value)),
                PortText.Column(machine),
            ];
            table.Add(several ? [machine.Application, .. cells] : cells);
            table.Colour(several ? 3 : 2, StateText.Colour(machine));
        }

        table.Write(Context.Out, Palette.ForOutput(Context, parsed));
    }
}
