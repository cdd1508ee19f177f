using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Projects;
using Figment.Cli.Sessions;

namespace Figment.Cli.Commands;

internal sealed class ExecCommand : FigmentCommand
{
    private readonly Argument<string> _machine = MachineArguments.One();
    private readonly Argument<string[]> _command = new("command") { HelpName = "COMMAND", Description = "The program and its arguments", Arity = ArgumentArity.OneOrMore, CaptureRemainingTokens = true };
    private readonly Option<int?> _index = NumberOption.Index();
    private readonly ProgramOptions _program = new();
    private readonly ProjectOptions _project;
    private readonly Interruption _interruption;

    public ExecCommand(CliContext context, Interruption interruption)
        : base(
            context,
            CommandGroup.Machines,
            "exec",
            "Run another program in a machine that runs.\nThe exit code is the program's; 125 when figment failed, 126 when it cannot be executed, 127 when it is not there.",
            new("figment exec web sh", "a shell in the first machine of web"),
            new("figment exec -u postgres db-1 psql", "as another user"),
            new("figment exec -T db pg_dump > dump.sql", "without a terminal"))
    {
        _interruption = interruption;
        MachineArguments.Complete(_machine, context);
        Add(_machine);
        Add(_command);
        _program.AddTo(this);
        Add(_index);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    public override int FailureCode => ExitCodes.RunFailed;

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var machine = await Targets(parsed, client, _project).FindOneAsync(parsed.GetRequiredValue(_machine), parsed.GetValue(_index), cancellationToken).ConfigureAwait(false);
            var request = new ExecRequest
            {
                Arguments = parsed.GetRequiredValue(_command),
                Environment = _program.Environment(parsed, Context),
                User = _program.User(parsed),
                WorkingDirectory = _program.WorkingDirectory(parsed),
                Tty = _program.Tty(parsed, Context),
                Stdin = _program.Stdin(parsed),
            };
            await using var frames = await client.ExecAsync(machine.Application, machine.Machine, request, cancellationToken).ConfigureAwait(false);
            var options = new SessionOptions { Tty = request.Tty, Stdin = request.Stdin, ForwardSignals = true };
            return await new StreamSession(Context, _interruption).RunAsync(frames, options, cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);
}
