using Figment.Api.Contract;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Trees;
using Figment.Migration.Store;
using Figment.Node.Errors;

namespace Figment.Node;

/// <summary>Snapshots as files of the node, for those who keep them in a folder that several nodes see.</summary>
public sealed partial class NodeService
{
    /// <summary>Hidden, and nobody's but this node's: one that a daemon which was killed has left is written over.</summary>
    private static string UnfinishedOf(string path) => Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.figment-unfinished");

    /// <summary>Whether a snapshot may be written there: nothing is, or an older one.</summary>
    /// <exception cref="NodeException">Something else is.</exception>
    public static void CheckSnapshotFile(string path)
    {
        if (Directory.Exists(path))
        {
            throw new NodeException(ErrorCode.Conflict, $"{path} is a folder, and a snapshot is one file", "name a file in it");
        }

        if (IsThere(path) && !SnapshotStore.IsExport(path))
        {
            throw new NodeException(ErrorCode.Conflict, $"{path} is there and is no snapshot", "name another file, or remove it");
        }
    }

    /// <summary>Takes a snapshot out of the store into a file, which is there whole or not at all. It stays in the store if that fails.</summary>
    /// <param name="snapshot">Its id.</param>
    /// <param name="path">Absolute.</param>
    public async Task MoveSnapshotToFileAsync(string snapshot, string path)
    {
        string unfinished = UnfinishedOf(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var output = new FileStream(unfinished, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
            await using (output.ConfigureAwait(false))
            {
                await ExportSnapshotAsync(snapshot, output, CancellationToken.None).ConfigureAwait(false);
                output.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite: true);
            using var folder = TreeFolder.Open(Path.GetDirectoryName(path)!);
            if (TreeFile.Sync(folder.Descriptor) is var error and not Errno.None)
            {
                throw new LinuxException(error, "fsync(2)", Path.GetDirectoryName(path)!);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or LinuxException or NodeException)
        {
            File.Delete(unfinished);
            throw new NodeException(ErrorCode.Failed, $"the snapshot could not be written to {path}: {exception.Message}; it is in the store, {snapshot}", $"figment snapshot export {snapshot}", exception);
        }

        await RemoveSnapshotAsync(snapshot, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Takes a file's snapshot into the store.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="cancellation">Leaves the store as it was.</param>
    /// <returns>Null: there is no such file.</returns>
    public async Task<SnapshotView?> ReadSnapshotFileAsync(string path, CancellationToken cancellation)
    {
        FileStream input;
        try
        {
            if (!IsThere(path))
            {
                return null;
            }

            input = File.OpenRead(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        await using (input.ConfigureAwait(false))
        {
            return await ImportSnapshotAsync(input, cancellation).ConfigureAwait(false);
        }
    }

    /// <exception cref="NodeException">It is a pipe or a device, which would have whoever opens it wait.</exception>
    private static bool IsThere(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using var place = FileCalls.Open(path, FileCalls.O_PATH);
        return TreeFile.KindOf(place) is TreeEntryKind.File or TreeEntryKind.Folder ? true : throw new NodeException(ErrorCode.Conflict, $"{path} is a pipe, a socket or a device, and a snapshot is a file", "name a file");
    }
}
