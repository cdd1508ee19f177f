using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

internal sealed class InspectCommand : FigmentCommand
{
    private readonly Argument<string[]> _machines = MachineArguments.Many("Which machines; by default the application as a whole");
    private readonly Option<bool> _json = new("--json") { Description = "Accepted: the result is JSON in any case" };
    private readonly ProjectOptions _project;

    public InspectCommand(CliContext context)
        : base(
            context,
            CommandGroup.Insight,
            "inspect",
            "Show all that is known about machines, or about an application, as JSON.",
            new("figment inspect web-1", "a machine: state, launch record, processes, cgroups"),
            new("figment inspect", "this folder's application"))
    {
        MachineArguments.Complete(_machines, context);
        Add(_machines);
        Add(_json);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var targets = Targets(parsed, client, _project);
            string[] names = parsed.GetValue(_machines) ?? [];
            if (names.Length == 0)
            {
                var application = await client.GetApplicationAsync(await targets.ApplicationAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                CliJson.Write(Context.Out, application, CliJson.Default.ApplicationView);
                return ExitCodes.Ok;
            }

            var details = new List<MachineDetail>();
            foreach (var machine in await targets.FindAsync(names, cancellationToken).ConfigureAwait(false))
            {
                details.Add(await client.GetMachineAsync(machine.Application, machine.Machine, cancellationToken).ConfigureAwait(false));
            }

            CliJson.Write(Context.Out, details, CliJson.Default.IReadOnlyListMachineDetail);
            return ExitCodes.Ok;
        },
        cancellationToken);
}
