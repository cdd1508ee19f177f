using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Projects;
using Figment.Cli.Sessions;

namespace Figment.Cli.Commands;

internal sealed class AttachCommand : FigmentCommand
{
    private readonly Argument<string> _machine = MachineArguments.One();
    private readonly Option<bool> _noStdin = new("--no-stdin") { Description = "Only watch" };
    private readonly Option<int?> _index = NumberOption.Index();
    private readonly ProjectOptions _project;
    private readonly Interruption _interruption;

    public AttachCommand(CliContext context, Interruption interruption)
        : base(
            context,
            CommandGroup.Machines,
            "attach",
            "Join a machine's own program: its output from now on, and its input if it reads any.\nLeaving (Ctrl-C, or Ctrl-P Ctrl-Q on a terminal) does not end it.",
            new("figment attach web-1", "until it ends or you leave"),
            new("figment attach --no-stdin web-1", "only watch"))
    {
        _interruption = interruption;
        MachineArguments.Complete(_machine, context);
        Add(_machine);
        Add(_noStdin);
        Add(_index);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    public override int FailureCode => ExitCodes.RunFailed;

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var machine = await Targets(parsed, client, _project).FindOneAsync(parsed.GetRequiredValue(_machine), parsed.GetValue(_index), cancellationToken).ConfigureAwait(false);
            var program = (await client.GetMachineAsync(machine.Application, machine.Machine, cancellationToken).ConfigureAwait(false)).Launch.Program;
            bool stdin = program.StdinOpen && !parsed.GetValue(_noStdin);
            await using var frames = await client.AttachAsync(machine.Application, machine.Machine, new AttachRequest { Stdin = stdin }, cancellationToken).ConfigureAwait(false);
            var options = new SessionOptions { Tty = program.Tty, Stdin = stdin, CanDetach = Context.Console.InputIsTerminal };
            return await new StreamSession(Context, _interruption).RunAsync(frames, options, cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);
}
