using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>Makes a snapshot's folder again, or only looks whether it could. Needs no lock: what is published does not change, and what is removed meanwhile is noticed.</summary>
internal sealed class Unpacking(StoreFolders folders, StoreOptions options, StoreKey? key)
{
    /// <param name="id">Which.</param>
    /// <param name="folder">Must not be there; it appears when it is complete.</param>
    /// <param name="unfinished">Where it is made: beside it, and not there.</param>
    /// <param name="cancellation">Leaves nothing.</param>
    public void Run(string id, string folder, string unfinished, CancellationToken cancellation)
    {
        if (Path.Exists(folder))
        {
            throw new SnapshotException($"snapshot {id} was not unpacked: {folder} is there already; choose another folder, or remove it");
        }

        bool isComplete = false;
        try
        {
            var record = RecordFile.Load(folders, id, key, options.SnapshotBytesMax);
            var tree = new TargetTree(unfinished, record.Entries);
            tree.Begin();
            Read(record, tree.Write, cancellation);
            tree.Finish();
            Directory.Move(unfinished, folder);
            isComplete = true;
        }
        catch (InvalidDataException exception)
        {
            throw StoreFaults.Damaged(id, exception.Message, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreFaults.Refused($"snapshot {id} was not unpacked to {folder}", Path.GetDirectoryName(Path.GetFullPath(folder))!, exception);
        }
        finally
        {
            if (!isComplete && Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }
    }

    public void Verify(string id, CancellationToken cancellation) => Read(RecordFile.Load(folders, id, key, options.SnapshotBytesMax), sink: null, cancellation);

    private void Read(SnapshotRecord record, SnapshotReader.PageSink? sink, CancellationToken cancellation)
    {
        try
        {
            new SnapshotReader(folders, key, record).Run(sink, options.Threads, cancellation);
        }
        catch (SnapshotException exception) when (!File.Exists(folders.Snapshot(record.Id)))
        {
            throw new SnapshotException($"snapshot {record.Id} was removed while it was read; see which there are", exception);
        }
    }
}
