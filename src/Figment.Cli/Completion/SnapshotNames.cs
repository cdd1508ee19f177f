using Figment.Api.Client;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Completion;

/// <summary>Ids as <c>snapshot ls</c> shows them, and names.</summary>
internal sealed class SnapshotNames(CliContext context) : DaemonNames(context)
{
    protected override async Task<IEnumerable<string>> AskAsync(FigmentClient client, CancellationToken cancellationToken)
    {
        var snapshots = await client.GetSnapshotsAsync(cancellationToken).ConfigureAwait(false);
        return snapshots.SelectMany(snapshot => (IEnumerable<string?>)[SnapshotText.Id(snapshot, whole: false), SnapshotText.Machine(snapshot), snapshot.Name]).OfType<string>();
    }
}
