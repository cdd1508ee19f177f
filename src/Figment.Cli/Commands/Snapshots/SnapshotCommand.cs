using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands.Snapshots;

/// <summary>The noun before what can be done with snapshots.</summary>
internal sealed class SnapshotCommand : FigmentCommand
{
    public SnapshotCommand(CliContext context)
        : base(
            context,
            CommandGroup.Snapshots,
            "snapshot",
            "Look after snapshots of machines.",
            new("figment snapshot ls", "those that are here"),
            new("figment snapshot export shop/web-1 -o web.snapshot", "the newest of a machine, for another node"))
    {
        Add(new ListSnapshotsCommand(context));
        Add(new InspectSnapshotCommand(context));
        Add(new VerifySnapshotCommand(context));
        Add(new RemoveSnapshotCommand(context));
        Add(new PruneSnapshotsCommand(context));
        Add(new ExportSnapshotCommand(context));
        Add(new ImportSnapshotCommand(context));
    }
}
