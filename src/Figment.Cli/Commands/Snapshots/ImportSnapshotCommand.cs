using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands.Snapshots;

internal sealed class ImportSnapshotCommand : FigmentCommand
{
    private readonly Argument<string?> _file = new("file") { HelpName = "FILE", Description = "An exported snapshot; by default, and for -, stdin", Arity = ArgumentArity.ZeroOrOne };

    public ImportSnapshotCommand(CliContext context)
        : base(
            context,
            CommandGroup.Snapshots,
            "import",
            "Take in an exported snapshot, whole or not at all, and print its new id.",
            new("figment snapshot import web.snapshot", "a file"),
            new("figment snapshot import < web.snapshot", "from stdin"))
    {
        Add(_file);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string? file = parsed.GetValue(_file);
        bool fromStdin = file is null or "-";
        if (fromStdin && Context.Console.InputIsTerminal)
        {
            throw new CliException("cannot read a snapshot from a terminal", "figment snapshot import FILE", ExitCodes.Usage);
        }

        string path = Path.GetFullPath(file ?? "-", Context.WorkingDirectory);
        if (!fromStdin && !File.Exists(path))
        {
            throw new CliException($"cannot import {file}: there is no such file", "figment snapshot import --help", ExitCodes.NotFound);
        }

        return WithClientAsync(
            async client =>
            {
                await using var opened = fromStdin ? null : new FileStream(path, FileMode.Open, FileAccess.Read);

                // Nothing ends the wait for the next byte on stdin but that byte.
                var snapshot = await client.ImportSnapshotAsync(opened ?? Context.RawInput, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
                await Context.Out.WriteLineAsync(snapshot.Id).ConfigureAwait(false);
                return ExitCodes.Ok;
            },
            cancellationToken);
    }
}
