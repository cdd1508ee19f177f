using Figment.Linux.Files;
using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>
/// Puts a folder into the store. The caller holds the store's lock. Blocks first, then the record, by renames: whenever it is stopped there is the whole snapshot, or nothing but garbage.
/// </summary>
internal sealed class Publication(StoreFolders folders, StoreOptions options, StoreKey? key, TimeProvider time)
{
    /// <returns>The snapshot's id.</returns>
    /// <exception cref="SnapshotException">It is not kept; nothing has changed.</exception>
    public string Run(string folder, SnapshotInfo info, CancellationToken cancellation)
    {
        string id = StoreFolders.NewId(time);
        string failed = $"{folder} was not put into the store {folders.Root}";
        try
        {
            using var staging = StagingFolder.Make(folders, time);
            using var pack = new PackWriter(folders, staging.Folder, id, key, options.CompressionLevel);
            Run(id, folder, info, staging, pack, cancellation);
            return id;
        }
        catch (SnapshotException exception)
        {
            TakeBack(id);
            throw new SnapshotException($"{failed}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            TakeBack(id);
            throw StoreFaults.Refused(failed, folders.Root, exception);
        }
        catch
        {
            TakeBack(id);
            throw;
        }
    }

    private void Run(string id, string folder, SnapshotInfo info, StagingFolder staging, PackWriter pack, CancellationToken cancellation)
    {
        var entries = SourceTree.Read(folder);
        if ((info.Complaint() ?? EntryRules.Complaint(entries, options.SnapshotBytesMax)) is { } complaint)
        {
            throw new SnapshotException(complaint);
        }

        var packer = new PagePacker(KnownPages.Load(folders, key), pack, options, key);
        for (int index = 0; index < entries.Count; index++)
        {
            if (entries[index].HasContent)
            {
                entries[index] = Pack(packer, folder, entries[index], cancellation);
            }
        }

        var record = new SnapshotRecord
        {
            Format = SnapshotRecord.FormatNow,
            Id = id,
            Info = info,
            PublishedAt = time.GetUtcNow(),
            Entries = entries,
            Blocks = packer.Finish(),
        };
        byte[] bytes = RecordFile.Write(record, key);
        if (bytes.Length > StoreLimits.RecordBytesMax)
        {
            throw new SnapshotException($"its record would have {bytes.Length} bytes, of at most {StoreLimits.RecordBytesMax}");
        }

        packer.ThrowIfTooMuch(bytes.Length + pack.IndexBytes);
        pack.Publish();
        string path = Path.Combine(staging.Folder, "record");
        folders.WriteWhole(path, bytes);
        cancellation.ThrowIfCancellationRequested();
        folders.Rename(path, folders.Snapshot(id));
        folders.SyncFolder(folders.Snapshots);
    }

    private static RecordEntry Pack(PagePacker packer, string folder, RecordEntry entry, CancellationToken cancellation)
    {
        using var file = SourceTree.Open(folder, entry.Path);
        int Fill(Memory<byte> buffer)
        {
            int filled = 0;
            while (filled < buffer.Length && FileCalls.Read(file, buffer.Span[filled..]) is > 0 and var count)
            {
                filled += count;
            }

            return filled;
        }

        var (length, digest, pages) = packer.Add(Fill, cancellation);
        return length == entry.Length
            ? entry with { Digest = digest, Pages = pages }
            : throw new SnapshotException($"{entry.Path} had {entry.Length} bytes and now has {length}: it is still being written");
    }

    /// <summary>Nobody names the pack yet. What cannot be removed now is garbage for later.</summary>
    private void TakeBack(string id)
    {
        foreach (string path in (string[])[folders.Snapshot(id), folders.Index(id), folders.Pack(id)])
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The first failure is the one to tell.
            }
        }
    }
}
