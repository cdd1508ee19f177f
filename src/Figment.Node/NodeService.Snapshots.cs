using System.Runtime.CompilerServices;
using Figment.Api.Contract;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;
using Figment.Node.Errors;
using Figment.Node.Snapshots;

namespace Figment.Node;

public sealed partial class NodeService
{
    /// <summary>What a stream has beside the files: its head, and what does not compress.</summary>
    private const long SnapshotHeadBytesMax = 1L << 30;

    /// <summary>Of an imported stream.</summary>
    public long SnapshotStreamBytesMax => _parts.Options.Snapshots.SnapshotBytesMax + SnapshotHeadBytesMax;

    /// <summary>Oldest first. One that cannot be read is there with its complaint.</summary>
    public Task<IReadOnlyList<SnapshotView>> SnapshotsAsync(CancellationToken cancellation) =>
        Task.Run<IReadOnlyList<SnapshotView>>(() => [.. _parts.Snapshots.Store.List().Select(SnapshotViews.Of)], cancellation);

    /// <param name="snapshot">As <see cref="SnapshotReference"/> reads it.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="NodeException">There is none such, or it is damaged.</exception>
    public Task<SnapshotDetail> GetSnapshotAsync(string snapshot, CancellationToken cancellation) => Task.Run(
        () => _parts.Snapshots.OnAsync(snapshot, found => Task.FromResult(SnapshotViews.Of(found, _parts.Snapshots.Store.Inspect(found.Id)))),
        cancellation);

    /// <summary>A damaged one too. Its room comes back with <see cref="PruneSnapshotsAsync"/>.</summary>
    /// <param name="snapshot">As <see cref="SnapshotReference"/> reads it.</param>
    /// <param name="cancellation">Leaves it there.</param>
    /// <returns>What was removed.</returns>
    public Task<SnapshotView> RemoveSnapshotAsync(string snapshot, CancellationToken cancellation) => Task.Run(
        () => _parts.Snapshots.OnAsync(snapshot, async found =>
        {
            await _parts.Snapshots.Store.RemoveAsync(found.Id, cancellation).ConfigureAwait(false);
            return SnapshotViews.Of(found);
        }),
        cancellation);

    /// <summary>Reads all of each, one after the other; what is wrong with it is its complaint.</summary>
    /// <param name="snapshot">Null: all.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async IAsyncEnumerable<SnapshotView> VerifySnapshotsAsync(string? snapshot, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var store = _parts.Snapshots.Store;
        var wanted = await Task.Run(() => snapshot is null ? store.List() : [_parts.Snapshots.Find(snapshot)], cancellation).ConfigureAwait(false);
        foreach (var one in wanted)
        {
            if (await Task.Run(() => Verify(store, one, cancellation), cancellation).ConfigureAwait(false) is { } verified)
            {
                yield return SnapshotViews.Of(verified);
            }
            else if (snapshot is not null)
            {
                throw SnapshotReference.Missing(snapshot);
            }
        }
    }

    /// <summary>Frees what no snapshot needs.</summary>
    /// <exception cref="NodeException">A snapshot is damaged, so that what it needs is not known.</exception>
    public Task<SnapshotPruneView> PruneSnapshotsAsync(CancellationToken cancellation) => Task.Run(
        () => NodeSnapshots.ToldAsync(async () =>
        {
            var garbage = await _parts.Snapshots.Store.CollectAsync(cancellation).ConfigureAwait(false);
            return new SnapshotPruneView { Packs = garbage.PacksRemoved, Blocks = garbage.BlocksRemoved, FreedBytes = garbage.BytesFreed };
        }),
        cancellation);

    /// <summary>Writes a snapshot as one stream. What is wrong with it is told before the first byte.</summary>
    /// <param name="snapshot">As <see cref="SnapshotReference"/> reads it.</param>
    /// <param name="output">Written to by a thread of its own, which waits there for a slow reader.</param>
    /// <param name="cancellation">Ends the writing.</param>
    public Task ExportSnapshotAsync(string snapshot, Stream output, CancellationToken cancellation) => _parts.Snapshots.TransferAsync(() => Task.Factory.StartNew(
        () => _parts.Snapshots.OnAsync(snapshot, found =>
        {
            _parts.Snapshots.Store.Export(found.Id, output, cancellation);
            return Task.FromResult(true);
        }),
        cancellation,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default).Unwrap());

    /// <summary>Takes in an exported snapshot, whole or not at all.</summary>
    /// <param name="input">From anybody; a thread waits there for a slow writer.</param>
    /// <param name="cancellation">Leaves the store as it was.</param>
    public Task<SnapshotView> ImportSnapshotAsync(Stream input, CancellationToken cancellation) => _parts.Snapshots.TransferAsync(async () =>
    {
        string id = await _parts.Snapshots.Store.ImportAsync(input, cancellation).ConfigureAwait(false);
        return SnapshotViews.Of(_parts.Snapshots.Find(id));
    });

    /// <summary>Null: it was removed meanwhile.</summary>
    private StoredSnapshot? Verify(SnapshotStore store, StoredSnapshot snapshot, CancellationToken cancellation)
    {
        try
        {
            store.Verify(snapshot.Id, cancellation);
            return snapshot;
        }
        catch (SnapshotException failure)
        {
            return _parts.Snapshots.IsGone(snapshot.Id) ? null : snapshot with { Complaint = failure.Message };
        }
    }
}
