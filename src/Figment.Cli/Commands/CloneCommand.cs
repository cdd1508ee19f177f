using System.CommandLine;
using System.Globalization;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

/// <summary>Begins another machine where one is.</summary>
internal sealed class CloneCommand : FigmentCommand
{
    private readonly Argument<string> _machine = MachineArguments.One();
    private readonly Option<string?> _name = new("--name") { Description = "Name of the new machine", HelpName = "NAME" };
    private readonly Option<bool> _remove = new("--rm") { Description = "Accepted for run's sake: the new machine goes when it ends" };
    private readonly OutputOptions _output = new(quiet: "the new machine's name");
    private readonly ProjectOptions _project;

    public CloneCommand(CliContext context)
        : base(
            context,
            CommandGroup.Machines,
            "clone",
            "Begin another machine where a running one is, which goes on: its memory and what it wrote, with a name and addresses of its own.",
            new("figment clone db-1", "as db-clone-1, until its program ends or figment stop does that"),
            new("figment clone --name try db-1", "under that name"))
    {
        MachineArguments.Complete(_machine, context);
        Add(_machine);
        Add(_name);
        Add(_remove);
        _output.AddTo(this);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var machine = await Targets(parsed, client, _project).FindOneAsync(parsed.GetRequiredValue(_machine), null, cancellationToken).ConfigureAwait(false);
            var clone = await client.CloneAsync(machine.Application, machine.Machine, new CloneRequest { Name = parsed.GetValue(_name) }, cancellationToken).ConfigureAwait(false);
            foreach (string warning in clone.Warnings)
            {
                await Context.Error.WriteLineAsync($"warning: {warning}").ConfigureAwait(false);
            }

            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, clone, CliJson.Default.CloneView);
            }
            else
            {
                await Context.Out.WriteLineAsync(_output.IsQuiet(parsed) ? clone.Machine.Machine : Line(machine.Machine, clone)).ConfigureAwait(false);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);

    private static string Line(string of, CloneView clone)
    {
        string pause = clone.PauseMs is { } ms ? string.Create(CultureInfo.InvariantCulture, $", which stood still for {ms} ms") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{clone.Machine.Machine}  {StateText.Of(clone.Machine)} (as {of}{pause}; {clone.TookMs} ms in all)");
    }
}
