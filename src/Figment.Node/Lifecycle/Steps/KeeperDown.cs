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
        var grace = context.GraceMs is { } given ? TimeSpan.FromMilliseconds(given) : GraceAssumed;
        await EndAsync(parts, context.Name, context.RuntimeFolder, isStarted: true, new KeeperRequest.Down { GraceMs = context.GraceMs }, grace + Margin, () => context.Operation.Report($"application {context.Name}", "stopping"), cancellation).ConfigureAwait(false);
        parts.Ledgers.Follow(context.Name, context.Record.Incarnation);
        parts.Ledgers.Stop(context.Name);
    }

    /// <summary>Nothing of what keepers made is there any more, or it is named by whoever removes the rest.</summary>
    /// <param name="parts">The node's.</param>
    /// <param name="application">Its name.</param>
    /// <param name="folder">Of its runtime.</param>
    /// <param name="isStarted">A keeper is started for it in any case; else only if one that has died left what only another can remove.</param>
    /// <param name="request">How.</param>
    /// <param name="patience">For the answer.</param>
    /// <param name="stopping">Called when one is asked.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static async Task EndAsync(NodeParts parts, string application, string folder, bool isStarted, KeeperRequest.Down request, TimeSpan patience, Action stopping, CancellationToken cancellation)
    {
        for (int tries = 0; tries < TriesMax; tries++)
        {
            bool running = await parts.Keepers.AdoptAsync(application, cancellation).ConfigureAwait(false);
            if (!running && (isStarted || RemoveFiles.MountIn(folder) is not null) && File.Exists(Path.Combine(folder, "keeper.json")))
            {
                await parts.Keepers.StartAsync(application, cancellation).ConfigureAwait(false);
                running = true;
            }

            if (running)
            {
                stopping();
                parts.Keepers.Expect(application);
                try
                {
                    await parts.Keepers.Client(application).AskAsync(request, patience, cancellation).ConfigureAwait(false);
                }
                catch (KeeperLostException)
                {
                    // It has ended: what it may have left is looked at.
                }

                await parts.Keepers.WaitForEndAsync(application).ConfigureAwait(false);
            }

            if (RemoveFiles.MountIn(folder) is null)
            {
                return;
            }
        }
    }
}
