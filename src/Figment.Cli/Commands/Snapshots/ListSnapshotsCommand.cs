using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands.Snapshots;

internal sealed class ListSnapshotsCommand : FigmentCommand
{
    private readonly OutputOptions _output = new(quiet: "ids");
    private readonly Option<bool> _noTruncation = new("--no-trunc") { Description = "Whole ids" };

    public ListSnapshotsCommand(CliContext context)
        : base(
            context,
            CommandGroup.Snapshots,
            "ls",
            "List the snapshots on this node, oldest first. SIZE is that of their files, STORED what they take, also if others share it.",
            new("figment snapshot ls", "all"),
            new("figment snapshot ls -q --no-trunc", "their ids"))
    {
        _output.AddTo(this);
        Add(_noTruncation);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var snapshots = await client.GetSnapshotsAsync(cancellationToken).ConfigureAwait(false);
            bool whole = parsed.GetValue(_noTruncation);
            if (_output.IsQuiet(parsed))
            {
                foreach (var snapshot in snapshots)
                {
                    await Context.Out.WriteLineAsync(SnapshotText.Id(snapshot, whole)).ConfigureAwait(false);
                }
            }
            else if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, snapshots, CliJson.Default.IReadOnlyListSnapshotView);
            }
            else
            {
                Write(parsed, snapshots, whole);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);

    private void Write(ParseResult parsed, IReadOnlyList<SnapshotView> snapshots, bool whole)
    {
        var table = new ColumnWriter("ID", "MACHINE", "NAME", "TAKEN", "SIZE", "STORED");
        foreach (var snapshot in snapshots)
        {
            table.Add(
                SnapshotText.Id(snapshot, whole),
                SnapshotText.Machine(snapshot),
                snapshot.Name,
                snapshot.TakenAt is { } taken ? Units.Age(Context.Time.GetUtcNow() - taken) : null,
                snapshot.SizeBytes is { } size ? Units.Bytes(size) : null,
                snapshot.StoredBytes is { } stored ? Units.Bytes(stored) : null);
        }

        table.Write(Context.Out, Palette.ForOutput(Context, parsed));
        foreach (string complaint in snapshots.Select(snapshot => snapshot.Complaint).OfType<string>())
        {
            Context.Error.WriteLine($"warning: {complaint}");
        }
    }
}
