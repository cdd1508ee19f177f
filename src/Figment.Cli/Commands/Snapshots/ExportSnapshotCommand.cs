using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands.Snapshots;

internal sealed class ExportSnapshotCommand : FigmentCommand
{
    private readonly Argument<string> _snapshot;
    private readonly Option<string?> _file = new("--output", "-o") { Description = "Where to write it; by default, and for -, to stdout", HelpName = "FILE" };

    public ExportSnapshotCommand(CliContext context)
        : base(
            context,
            CommandGroup.Snapshots,
            "export",
            "Write a snapshot as one file, for another node. It has the machine's memory in it and is not encrypted.",
            new("figment snapshot export shop/web-1 -o web.snapshot", "a file, which appears when it is complete"),
            new("figment snapshot export 019c8f3a > web.snapshot", "to stdout"))
    {
        Add(_snapshot = SnapshotArguments.One(context));
        Add(_file);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string snapshot = parsed.GetRequiredValue(_snapshot);
        string? file = parsed.GetValue(_file);
        bool toStdout = file is null or "-";
        if (toStdout && Context.Console.OutputIsTerminal)
        {
            throw new CliException("cannot write a snapshot to a terminal", $"figment snapshot export {snapshot} -o FILE", ExitCodes.Usage);
        }

        return WithClientAsync(
            async client =>
            {
                if (toStdout)
                {
                    await client.ExportSnapshotAsync(snapshot, () => Context.RawOutput, cancellationToken).ConfigureAwait(false);
                    return ExitCodes.Ok;
                }

                WholeFile? whole = null;
                try
                {
                    string path = Path.GetFullPath(file!, Context.WorkingDirectory);
                    await client.ExportSnapshotAsync(snapshot, () => (whole = new WholeFile(path)).Content, cancellationToken).ConfigureAwait(false);
                    whole!.Complete();
                }
                finally
                {
                    whole?.Dispose();
                }

                return ExitCodes.Ok;
            },
            cancellationToken);
    }
}
