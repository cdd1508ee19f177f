using Figment.Model.Control;
using Figment.Node.Journal;
using Figment.Node.Keepers;

namespace Figment.Node.Lifecycle.Steps;

/// <summary>Has the keeper stop everything and remove what it made. A keeper that died, or dies while it does so, is started once more for it: it adopts what is left and knows how to remove it.</summary>
internal sealed class KeeperDown : LifecycleStep<DownContext>
{
    /// <summary>Beside the machines' grace times, for killing and tidying.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    /// <summary>A machine's own grace time is at most this where none is given.</summary>
    private static readonly TimeSpan GraceAssumed = TimeSpan.FromMinutes(5);

    /// <summary>One that dies again and again has a reason, and what is left is named by the next step.</summary>
    private const int TriesMax = 3;

    public override async Task DoAsync(DownContext context, CancellationToken cancellation)
    {
        var parts = context.Parts;
        parts.Journal.SetWanted(context.Name, WantedState.Down);
        for (int tries = 0; tries < TriesMax; tries++)
        {
            await AskAsync(context, cancellation).ConfigureAwait(false);
            if (RemoveFiles.MountIn(context.RuntimeFolder) is null)
            {
                break;
            }
        }

        parts.Ledgers.Follow(context.Name, context.Record.Incarnation);
        parts.Ledgers.Stop(context.Name);
    }

    private static async Task AskAsync(DownContext context, CancellationToken cancellation)
    {
        var parts = context.Parts;
        bool running = await parts.Keepers.AdoptAsync(context.Name, cancellation).ConfigureAwait(false);
        if (!running && File.Exists(Path.Combine(context.RuntimeFolder, "keeper.json")))
        {
            await parts.Keepers.StartAsync(context.Name, cancellation).ConfigureAwait(false);
            running = true;
        }

        if (running)
        {
            context.Operation.Report($"application {context.Name}", "stopping");
            parts.Keepers.Expect(context.Name);
            var grace = context.GraceMs is { } given ? TimeSpan.FromMilliseconds(given) : GraceAssumed;
            try
            {
                await parts.Keepers.Client(context.Name).AskAsync(new KeeperRequest.Down { GraceMs = context.GraceMs }, grace + Margin, cancellation).ConfigureAwait(false);
            }
            catch (KeeperLostException)
            {
                // It has ended: what it may have left is looked at.
            }

            await parts.Keepers.WaitForEndAsync(context.Name).ConfigureAwait(false);
        }
    }
}
