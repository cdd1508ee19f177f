using Figment.Linux.Trees;

namespace Figment.Images.Store;

/// <summary>
/// Locks between all threads and processes that use a store. Order: store, then layer, then blob, then references. Waiting for the first three is by asking again,
/// since flock(2) has no waiting that could be cancelled.
/// </summary>
internal sealed class StoreLocks(StoreFolders folders, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>For pulls and loads: shared, so that none of them sees its blobs collected.</summary>
    public Task<FileLock> UseStoreAsync(CancellationToken cancellation) => TakeAsync("store", exclusive: false, cancellation);

    /// <summary>For collection: null if anyone uses the store.</summary>
    public FileLock? TryOwnStore() => FileLock.TryTake(PathOf("store"), exclusive: true);

    public Task<FileLock> LayerAsync(string diffId, CancellationToken cancellation) => TakeAsync("layer-" + Digests.Hex(diffId), exclusive: true, cancellation);

    public Task<FileLock> BlobAsync(string digest, CancellationToken cancellation) => TakeAsync("blob-" + Digests.Hex(digest), exclusive: true, cancellation);

    /// <summary>Held only while one small file is rewritten.</summary>
    public FileLock References() => FileLock.Take(PathOf("references"));

    private async Task<FileLock> TakeAsync(string name, bool exclusive, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (FileLock.TryTake(PathOf(name), exclusive) is { } taken)
            {
                return taken;
            }

            await Task.Delay(Interval, time, cancellation).ConfigureAwait(false);
        }
    }

    private string PathOf(string name) => Path.Combine(folders.Locks, name);
}
