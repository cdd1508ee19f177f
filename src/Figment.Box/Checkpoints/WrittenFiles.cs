using Figment.Linux.Mounts;
using Figment.Migration.Snapshots;
using Figment.Migration.Written;

namespace Figment.Box.Checkpoints;

/// <summary>What a machine wrote to its root, for a snapshot on this node: the upper folders of its overlays.</summary>
internal static class WrittenFiles
{
    /// <summary>The machine stands still.</summary>
    public static void Save(string overlays, string snapshot)
    {
        string target = SnapshotManifest.WrittenOf(snapshot);
        foreach (string upper in WrittenCopy.Uppers(overlays))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(overlays, upper));
            Directory.CreateDirectory(copy);
            TreeCopy.CopyUpper(upper, copy);
        }
    }
}
