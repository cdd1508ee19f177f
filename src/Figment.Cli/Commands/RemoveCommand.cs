using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

internal sealed class RemoveCommand : FigmentCommand
{
    private readonly Argument<string[]> _machines = MachineArguments.Many("Which machines; by default all of the application");
    private readonly Option<bool> _force = new("--force", "-f") { Description = "End programs that run first" };
    private readonly Option<bool> _stop = new("--stop", "-s") { Description = "The same as --force" };
    private readonly ProjectOptions _project;

    public RemoveCommand(CliContext context)
        : base(
            context,
            CommandGroup.Machines,
            "rm",
            "Forget what machines wrote: they begin afresh from their image. Volumes stay.",
            new("figment rm web-1", "a machine that does not run"),
            new("figment rm -f web", "all machines of web, ending their programs"))
    {
        MachineArguments.Complete(_machines, context);
        Add(_machines);
        Add(_force);
        Add(_stop);
        _project = AddProject(shortFile: false);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            foreach (var machine in await Targets(parsed, client, _project).FindAsync(parsed.GetValue(_machines) ?? [], cancellationToken).ConfigureAwait(false))
            {
                await client.RemoveMachineAsync(machine.Application, machine.Machine, parsed.GetValue(_force) || parsed.GetValue(_stop), cancellationToken).ConfigureAwait(false);
                await Context.Out.WriteLineAsync(machine.Machine).ConfigureAwait(false);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);
}
