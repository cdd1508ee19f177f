using Figment.Linux.Mounts;
using Figment.Migration.Snapshots;

namespace Figment.Box.Checkpoints;

/// <summary>What a machine wrote to its root: the upper folders of its overlays.</summary>
internal static class WrittenFiles
{
    private const string Upper = "upper";

    /// <summary>The machine stands still.</summary>
    public static void Save(string overlays, string snapshot)
    {
        string target = SnapshotManifest.WrittenOf(snapshot);
        foreach (string upper in Directory.EnumerateDirectories(overlays, Upper).Concat(Directory.EnumerateDirectories(overlays).Select(folder => Path.Combine(folder, Upper)).Where(Directory.Exists)))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(overlays, upper));
            Directory.CreateDirectory(copy);
            TreeCopy.CopyUpper(upper, copy);
        }
    }
}
