using System.CommandLine;
using System.Globalization;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

/// <summary>Lets a machine go on from a snapshot.</summary>
internal sealed class RestoreCommand : FigmentCommand
{
    private readonly Argument<string> _machine = MachineArguments.One();
    private readonly Option<string?> _from = new("--from") { Description = "Which snapshot: its id, the beginning of that, or its name (by default the machine's newest)", HelpName = "SNAPSHOT" };
    private readonly Option<bool> _force = new("--force", "-f") { Description = "Also if it has a program: that is ended, and what it knew is lost" };
    private readonly OutputOptions _output = new(quiet: "nothing; the exit code tells");
    private readonly ProjectOptions _project;

    public RestoreCommand(CliContext context)
        : base(
            context,
            CommandGroup.Machines,
            "restore",
            "Let a machine go on from a snapshot of it: its memory, and what it had written. Volumes are as they are now.",
            new("figment restore db-1", "from its newest snapshot"),
            new("figment restore --force --from before-update db-1", "back to that one, whatever it does now"))
    {
        MachineArguments.Complete(_machine, context);
        Add(_machine);
        Add(_from);
        Add(_force);
        _output.AddTo(this);
        _project = AddProject(shortFile: false);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var machine = await Targets(parsed, client, _project).FindOneAsync(parsed.GetRequiredValue(_machine), null, cancellationToken).ConfigureAwait(false);
            var request = new ActionRequest { Snapshot = parsed.GetValue(_from) };
            var view = await client.ActAsync(machine.Application, machine.Machine, MachineAction.Restore, request, cancellationToken, parsed.GetValue(_force)).ConfigureAwait(false);
            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, view, CliJson.Default.MachineView);
            }
            else if (!_output.IsQuiet(parsed))
            {
                await Context.Out.WriteLineAsync($"{view.Machine}  {StateText.Of(view)}{Took(view.Restore)}").ConfigureAwait(false);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);

    private static string Took(RestoreView? restore) => restore is null ? "" : string.Create(
        CultureInfo.InvariantCulture,
        $" (read in {restore.UnpackMs} ms{(restore.SizeBytes is { } bytes ? $", {Units.Bytes(bytes)}" : "")}; began in {restore.StartMs} ms)");
}
