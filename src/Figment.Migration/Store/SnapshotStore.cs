using Figment.Linux.Trees;
using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>
/// Keeps snapshots: pages by content, once for all snapshots, compressed, checked, published whole or not at all (docs/migration.md).
/// Several processes may use one folder, and any threads one object. What changes the store takes turns, and waits without blocking a thread; what reads needs no turn.
/// </summary>
public sealed class SnapshotStore
{
    /// <summary>flock(2) has no waiting that could be cancelled.</summary>
    private static readonly TimeSpan LockInterval = TimeSpan.FromMilliseconds(20);

    private readonly StoreFolders _folders;
    private readonly StoreOptions _options;
    private readonly StoreKey? _key;
    private readonly TimeProvider _time;

    /// <param name="root">The store's folder; made if it is missing.</param>
    /// <param name="options">How it keeps.</param>
    /// <param name="time">For times of publication.</param>
    /// <exception cref="SnapshotException">It cannot be made, is of another format, or the key is not its.</exception>
    public SnapshotStore(string root, StoreOptions options, TimeProvider time)
        : this(root, options, time, afterStep: null)
    {
    }

    internal SnapshotStore(string root, StoreOptions options, TimeProvider time, Action<string, string>? afterStep)
    {
        if (options.CompressionLevel is < 0 or > StoreOptions.CompressionLevelMax)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.CompressionLevel, $"a level is from 0 to {StoreOptions.CompressionLevelMax}");
        }

        (_options, _time) = (options, time);
        _key = options.KeyFile is { } path ? StoreKey.Load(path) : null;
        try
        {
            _folders = new StoreFolders(root) { AfterStep = afterStep };
            StoreOpening.Check(_folders, _key, time);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreFaults.Refused($"the store {root} cannot be opened", root, exception);
        }
    }

    /// <summary>Puts a complete folder into the store; the folder stays as it is.</summary>
    /// <param name="folder">With files, folders, links, FIFOs and whiteouts alone; nobody writes to it.</param>
    /// <param name="info">Whose it is.</param>
    /// <param name="cancellation">Leaves the store as it was.</param>
    /// <returns>The snapshot's id.</returns>
    /// <exception cref="SnapshotException">It is not kept: it has what is not kept, there is no room, or the quota is used up. The store is as it was.</exception>
    public Task<string> PublishAsync(string folder, SnapshotInfo info, CancellationToken cancellation = default) =>
        InTurnAsync(() => new Publication(_folders, _options, _key, _time).Run(folder, info, cancellation), cancellation);

    /// <summary>Oldest first. One that cannot be read is listed with its complaint.</summary>
    public IReadOnlyList<StoredSnapshot> List() => [.. _folders.SnapshotIds().Select(Describe).OfType<StoredSnapshot>()];

    /// <summary>What it takes. Reads all records.</summary>
    /// <exception cref="SnapshotException">There is none, or it is damaged.</exception>
    public SnapshotSizes Inspect(string id)
    {
        var record = Load(id);
        var others = new HashSet<(string, long)>();
        foreach (string other in _folders.SnapshotIds().Where(other => other != id))
        {
            try
            {
                others.UnionWith(Load(other).Blocks.Select(block => (block.Pack, block.Offset)));
            }
            catch (SnapshotException)
            {
                // What is damaged shares nothing that anybody could use; List tells of it.
            }
        }

        var file = new FileInfo(_folders.Snapshot(id));
        long own = file.Exists ? file.Length : throw Missing(id);
        return new SnapshotSizes
        {
            Logical = record.Entries.Sum(entry => entry.Length),
            Zeros = record.Entries.Sum(ZeroPages) * StoreLimits.PageBytes,
            Stored = own + record.Blocks.Sum(block => (long)block.Stored),
            Unique = own + record.Blocks.Where(block => !others.Contains((block.Pack, block.Offset))).Sum(block => (long)block.Stored),
        };
    }

    /// <summary>Makes the snapshot's folder again, every page checked. Blocks the calling thread and uses <see cref="StoreOptions.Threads"/> others.</summary>
    /// <param name="id">Which.</param>
    /// <param name="folder">Must not be there. It appears when it is complete; until then it is made beside it, under its name and ".new-" with an id.</param>
    /// <param name="cancellation">Leaves nothing there.</param>
    /// <exception cref="SnapshotException">There is none, it is damaged, or the folder cannot be made. Nothing is left there.</exception>
    public void Unpack(string id, string folder, CancellationToken cancellation = default) =>
        new Unpacking(_folders, _options, _key).Run(Checked(id), folder, $"{Path.TrimEndingDirectorySeparator(folder)}.new-{StoreFolders.NewId(_time)}", cancellation);

    /// <summary>Whether it could be unpacked: reads and checks every page.</summary>
    /// <exception cref="SnapshotException">It could not.</exception>
    public void Verify(string id, CancellationToken cancellation = default) => new Unpacking(_folders, _options, _key).Verify(Checked(id), cancellation);

    /// <summary>Verifies all; a snapshot that failed has its complaint.</summary>
    public IReadOnlyList<StoredSnapshot> VerifyAll(CancellationToken cancellation = default) =>
    [
        .. List().Select(snapshot =>
        {
            try
            {
                Verify(snapshot.Id, cancellation);
                return snapshot;
            }
            catch (SnapshotException exception)
            {
                return snapshot with { Complaint = exception.Message };
            }
        }),
    ];

    /// <summary>A damaged one too. Its room comes back with <see cref="CollectAsync"/>.</summary>
    /// <exception cref="SnapshotException">There is none.</exception>
    public Task RemoveAsync(string id, CancellationToken cancellation = default) => InTurnAsync(
        () =>
        {
            string path = _folders.Snapshot(Checked(id));
            if (!File.Exists(path))
            {
                throw Missing(id);
            }

            _folders.Delete(path);
            _folders.SyncFolder(_folders.Snapshots);
            return true;
        },
        cancellation);

    /// <summary>Takes away what no snapshot needs, and what was left unfinished by processes that are gone.</summary>
    /// <exception cref="SnapshotException">A record is damaged, so that what it needs is not known: remove it first.</exception>
    public Task<StoreGarbage> CollectAsync(CancellationToken cancellation = default) =>
        InTurnAsync(() => new Collection(_folders, _key, _time).Run(cancellation), cancellation);

    /// <summary>Writes a snapshot as one stream, checked before its first byte: it is unpacked in the store's folder first. The stream is not encrypted, also if the store is.</summary>
    /// <exception cref="SnapshotException">There is none, or it is damaged.</exception>
    /// <exception cref="IOException">The stream refuses what is written to it.</exception>
    public void Export(string id, Stream output, CancellationToken cancellation = default)
    {
        var record = Load(id);
        using var staging = StagingFolder.Make(_folders, _time);
        string folder = Path.Combine(staging.Folder, "snapshot");
        new Unpacking(_folders, _options, _key).Run(id, folder, folder + ".new", cancellation);
        var head = new ExportHead { Info = record.Info, Entries = [.. record.Entries.Select(entry => entry with { Digest = null, Pages = null })] };
        ExportStream.Write(folder, head, output, _options.CompressionLevel, cancellation);
    }

    /// <summary>Whether a file begins as <see cref="Export"/> writes it.</summary>
    public static bool IsExport(string path)
    {
        using var file = File.OpenRead(path);
        return ExportStream.Begins(file);
    }

    /// <summary>Puts an exported snapshot into the store, under a new id. Its stream may come from anybody.</summary>
    /// <exception cref="SnapshotException">It is cut off, damaged, too large, or leads out of its folder; or it is not kept (<see cref="PublishAsync"/>). The store is as it was.</exception>
    public async Task<string> ImportAsync(Stream input, CancellationToken cancellation = default)
    {
        try
        {
            using var staging = StagingFolder.Make(_folders, _time);
            string folder = Path.Combine(staging.Folder, "snapshot");
            var info = await Task.Run(() => ExportStream.Read(input, folder, _options.SnapshotBytesMax, cancellation), cancellation).ConfigureAwait(false);
            return await PublishAsync(folder, info, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreFaults.Refused("the stream was not imported", _folders.Root, exception);
        }
    }

    private static long ZeroPages(RecordEntry entry) => entry.Pages is { } pages ? pages.Chunk(3).Where(run => run[0] < 0).Sum(run => (long)run[2]) : 0;

    private string Checked(string id) => StoreFolders.IsId(id) ? id : throw Missing(id);

    private SnapshotException Missing(string id) => new($"the store {_folders.Root} has no snapshot {id}; see which it has");

    private SnapshotRecord Load(string id) => RecordFile.Load(_folders, Checked(id), _key, _options.SnapshotBytesMax);

    /// <summary>Null: it was removed meanwhile.</summary>
    private StoredSnapshot? Describe(string id)
    {
        try
        {
            var record = Load(id);
            long own = new FileInfo(_folders.Snapshot(id)).Length;
            return new StoredSnapshot
            {
                Id = id,
                Info = record.Info,
                PublishedAt = record.PublishedAt,
                Logical = record.Entries.Sum(entry => entry.Length),
                Stored = own + record.Blocks.Sum(block => (long)block.Stored),
            };
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (SnapshotException exception)
        {
            return File.Exists(_folders.Snapshot(id)) ? new StoredSnapshot { Id = id, Complaint = exception.Message } : null;
        }
    }

    private async Task<T> InTurnAsync<T>(Func<T> change, CancellationToken cancellation)
    {
        FileLock? held;
        while ((held = FileLock.TryTake(_folders.Lock, exclusive: true)) is null)
        {
            await Task.Delay(LockInterval, _time, cancellation).ConfigureAwait(false);
        }

        using (held)
        {
            return await Task.Run(change, cancellation).ConfigureAwait(false);
        }
    }
}
