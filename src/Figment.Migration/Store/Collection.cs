using Figment.Linux.Files;
using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>
/// Removes what no record names: whole packs, and blocks of packs that stay, which become holes. The caller holds the store's lock, so nothing is published meanwhile.
/// An index forgets a block before the block goes: stopped in between, nobody is led to a hole.
/// </summary>
internal sealed class Collection(StoreFolders folders, StoreKey? key, TimeProvider time)
{
    private long _bytesFreed;
    private int _packsRemoved;
    private int _blocksRemoved;

    /// <exception cref="SnapshotException">A record cannot be read, so what it needs is not known: nothing was removed but leftovers.</exception>
    public StoreGarbage Run(CancellationToken cancellation)
    {
        try
        {
            _bytesFreed += StagingFolder.RemoveLeftovers(folders);
            var needed = Needed();
            foreach (string pack in folders.PackIds())
            {
                cancellation.ThrowIfCancellationRequested();
                if (needed.TryGetValue(pack, out var blocks))
                {
                    Shrink(pack, blocks);
                }
                else
                {
                    Remove(pack);
                }
            }

            RemoveLoneIndexes();
            return new StoreGarbage { BytesFreed = _bytesFreed, PacksRemoved = _packsRemoved, BlocksRemoved = _blocksRemoved };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreFaults.Refused($"garbage of the store {folders.Root} was not all collected", folders.Root, exception);
        }
    }

    /// <summary>Blocks by pack: offset and length.</summary>
    private Dictionary<string, SortedDictionary<long, int>> Needed()
    {
        Dictionary<string, SortedDictionary<long, int>> needed = [];
        foreach (string id in folders.SnapshotIds())
        {
            try
            {
                foreach (var block in RecordFile.Load(folders, id, key, long.MaxValue).Blocks)
                {
                    if (!needed.TryGetValue(block.Pack, out var blocks))
                    {
                        needed.Add(block.Pack, blocks = []);
                    }

                    blocks[block.Offset] = block.Stored;
                }
            }
            catch (SnapshotException exception)
            {
                throw new SnapshotException($"garbage was not collected, since what snapshot {id} needs is not known: {exception.Message}", exception);
            }
        }

        return needed;
    }

    private void Remove(string pack)
    {
        foreach (string path in (string[])[folders.Index(pack), folders.Pack(pack)])
        {
            var file = new FileInfo(path);
            if (file.Exists)
            {
                _bytesFreed += file.Length;
                folders.Delete(path);
            }
        }

        _packsRemoved++;
    }

    private void Shrink(string pack, SortedDictionary<long, int> needed)
    {
        var index = PackIndex.TryLoad(folders, pack, key);
        var dead = index?.Blocks.Where(block => !needed.ContainsKey(block.Block.Offset)).ToList() ?? [];
        if (dead.Count > 0)
        {
            using var staging = StagingFolder.Make(folders, time);
            string path = Path.Combine(staging.Folder, "index");
            folders.WriteWhole(path, new PackIndex { Blocks = [.. index!.Blocks.Except(dead)] }.ToBytes(key));
            folders.Rename(path, folders.Index(pack));
            folders.SyncFolder(folders.Packs);
        }

        // What an earlier collection forgot but did not punch has no index entry any more: all that lies between needed blocks goes.
        if (Punch(pack, needed))
        {
            _bytesFreed += dead.Sum(block => (long)block.Block.Stored);
            _blocksRemoved += dead.Count;
        }
    }

    /// <summary>False: this file system has no holes, and the room comes back with the whole pack.</summary>
    private bool Punch(string pack, SortedDictionary<long, int> needed)
    {
        string path = folders.Pack(pack);
        long length = new FileInfo(path).Length;
        long at = 0;
        foreach (var (offset, stored) in needed.Append(new KeyValuePair<long, int>(length, 0)))
        {
            if (offset > at && HasData(path, at, offset) && !folders.TryPunch(path, at, offset - at))
            {
                return false;
            }

            at = Math.Max(at, offset + stored);
        }

        return true;
    }

    private static bool HasData(string path, long from, long to)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return SparseFile.NextData(file, from) is { } data && data < to;
    }

    /// <summary>An index whose pack is gone: a crash between the two.</summary>
    private void RemoveLoneIndexes()
    {
        foreach (string path in Directory.EnumerateFiles(folders.Packs, "*.index").Where(path => !File.Exists(Path.ChangeExtension(path, ".pack"))).ToList())
        {
            _bytesFreed += new FileInfo(path).Length;
            folders.Delete(path);
        }
    }
}
