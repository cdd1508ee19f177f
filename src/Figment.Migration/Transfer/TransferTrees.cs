using Figment.Migration.Snapshots;
using Figment.Migration.Store;

namespace Figment.Migration.Transfer;

/// <summary>What memory file systems held, beside CRIU's images: trees of files, which travel as one file.</summary>
public static class TransferTrees
{
    private const string FileName = "trees";
    private const string TreeName = SnapshotManifest.ContentsFolder;

    /// <summary>They are for whoever restores it next: hardly pressed.</summary>
    private const int Level = 1;

    /// <summary>Sends all files of a dump.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="folder">With a manifest that names no files yet.</param>
    /// <param name="info">Of the machine.</param>
    /// <exception cref="SnapshotException">Something is in it that cannot travel.</exception>
    /// <exception cref="IOException">It cannot be read, or nobody takes it any more.</exception>
    public static void Send(TransferWriter writer, string folder, SnapshotInfo info)
    {
        string packed = Path.Combine(folder, FileName);
        string tree = Path.Combine(folder, TreeName);
        if (Directory.Exists(tree))
        {
            string gathered = Path.Combine(folder, FileName + ".d");
            Directory.CreateDirectory(gathered);
            Directory.Move(tree, Path.Combine(gathered, TreeName));
            using var file = new FileStream(packed, FileMode.CreateNew, FileAccess.Write);
            ExportStream.Write(gathered, new ExportHead { Info = info, Entries = SourceTree.Read(gathered) }, file, Level, CancellationToken.None);
        }

        foreach (string file in Directory.GetFiles(folder).Where(file => Path.GetExtension(file) is ".img" or ".json" || Path.GetFileName(file) == FileName).Order(StringComparer.Ordinal))
        {
            writer.Send(file);
        }
    }

    /// <exception cref="SnapshotException">They are damaged, or others than a dump has.</exception>
    internal static void Unpack(string folder)
    {
        string packed = Path.Combine(folder, FileName);
        if (!File.Exists(packed))
        {
            return;
        }

        string gathered = packed + ".d";
        using (var file = File.OpenRead(packed))
        {
            ExportStream.Read(file, gathered, TransferLimits.FileBytesMax, CancellationToken.None);
        }

        foreach (string tree in Directory.GetFileSystemEntries(gathered))
        {
            string name = Path.GetFileName(tree);
            if (name != TreeName)
            {
                throw new SnapshotException($"{packed} is damaged: a dump has no '{name}'");
            }

            Directory.Move(tree, Path.Combine(folder, name));
        }

        Directory.Delete(gathered);
        File.Delete(packed);
    }
}
