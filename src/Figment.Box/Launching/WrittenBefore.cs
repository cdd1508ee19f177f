using Figment.Linux.Mounts;
using Figment.Migration.Snapshots;
using Figment.Migration.Written;

namespace Figment.Box.Launching;

/// <summary>
/// What a machine had written to its root before it was to begin from a snapshot, which has written something else: set aside until it runs, and back in its place if it does not.
/// While none of its overlays is mounted.
/// </summary>
/// <param name="overlays">Their folder.</param>
internal sealed class WrittenBefore(string overlays)
{
    /// <summary>Not as deep as that of an overlay, so that it is taken for none.</summary>
    private string Uppers => Path.Combine(Folder, "written");

    private string Folder => Path.Combine(overlays, "before");

    /// <summary>Everything is aside: what stands in its place is of the snapshot.</summary>
    private string Mark => Path.Combine(Folder, "complete");

    private string Old => Folder + ".old";

    /// <summary>Of a start from a snapshot that came to nothing, whoever was killed when. Usually there is nothing to do.</summary>
    public void PutBack()
    {
        if (!Directory.Exists(Folder))
        {
            return;
        }

        if (File.Exists(Mark))
        {
            Remove();
        }

        foreach (string upper in WrittenCopy.Uppers(Uppers))
        {
            string place = Path.Combine(overlays, Path.GetRelativePath(Uppers, upper));
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            Directory.Move(upper, place);
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>What the snapshot has written stands in the place of what the machine has.</summary>
    public void Replace(string snapshot)
    {
        Directory.CreateDirectory(Uppers);
        foreach (string upper in WrittenCopy.Uppers(overlays))
        {
            string aside = Path.Combine(Uppers, Path.GetRelativePath(overlays, upper));
            Directory.CreateDirectory(Path.GetDirectoryName(aside)!);
            Directory.Move(upper, aside);
        }

        File.WriteAllBytes(Mark, []);
        string source = SnapshotManifest.WrittenOf(snapshot);
        foreach (string upper in WrittenCopy.Uppers(source))
        {
            string place = Path.Combine(overlays, Path.GetRelativePath(source, upper));
            Directory.CreateDirectory(place);
            TreeCopy.CopyUpper(upper, place);
        }
    }

    /// <summary>The machine is about to run.</summary>
    public void Drop()
    {
        Tidy();
        Directory.Move(Folder, Old);
    }

    /// <summary>Nobody waits for it.</summary>
    public void Tidy()
    {
        if (Directory.Exists(Old))
        {
            Directory.Delete(Old, recursive: true);
        }
    }

    private void Remove()
    {
        foreach (string upper in WrittenCopy.Uppers(overlays))
        {
            Directory.Delete(upper, recursive: true);
        }
    }
}
