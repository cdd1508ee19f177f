using Figment.Api.Contract;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;
using Figment.Node.Errors;

namespace Figment.Node.Snapshots;

/// <summary>The node's snapshots, in a store that is opened when it is first needed. Any thread may use it.</summary>
internal sealed class NodeSnapshots(NodeOptions options, TimeProvider time)
{
    /// <summary>Each takes a thread, and the room of an unpacked snapshot.</summary>
    private const int TransfersMax = 4;

    private readonly Lock _opening = new();
    private SnapshotStore? _store;
    private int _transfers;

    /// <exception cref="NodeException">It cannot be opened; the next use tries again.</exception>
    public SnapshotStore Store
    {
        get
        {
            lock (_opening)
            {
                return _store ??= Told(() => new SnapshotStore(options.Places.Snapshots, options.Snapshots, time));
            }
        }
    }

    /// <summary>What the store refuses is told as an error of the node.</summary>
    public static T Told<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SnapshotException failure)
        {
            throw NodeException.Of(failure);
        }
    }

    public static async Task<T> ToldAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (SnapshotException failure)
        {
            throw NodeException.Of(failure);
        }
    }

    /// <exception cref="NodeException">There is none, or several could be meant.</exception>
    public StoredSnapshot Find(string reference) => SnapshotReference.Find(reference, Store.List());

    /// <summary>Work on one snapshot, which may be removed meanwhile.</summary>
    public async Task<T> OnAsync<T>(string reference, Func<StoredSnapshot, Task<T>> work)
    {
        var snapshot = Find(reference);
        try
        {
            return await work(snapshot).ConfigureAwait(false);
        }
        catch (SnapshotException failure)
        {
            throw IsGone(snapshot.Id) ? SnapshotReference.Missing(reference) : NodeException.Of(failure);
        }
    }

    public bool IsGone(string id) => Store.List().All(one => one.Id != id);

    /// <summary>An export or import: so many at once.</summary>
    public async Task<T> TransferAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return Interlocked.Increment(ref _transfers) <= TransfersMax
                ? await ToldAsync(work).ConfigureAwait(false)
                : throw new NodeException(ErrorCode.Conflict, $"{TransfersMax} snapshots are being exported or imported, more are not at once", "try again when one is done");
        }
        finally
        {
            Interlocked.Decrement(ref _transfers);
        }
    }
}
