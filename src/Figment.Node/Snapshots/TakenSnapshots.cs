namespace Figment.Node.Snapshots;

/// <summary>Folders of snapshots between a machine and the store. Any thread.</summary>
/// <param name="root">In the file system of applications' state: a keeper takes a folder by its name.</param>
internal sealed class TakenSnapshots(string root)
{
    /// <summary>At the end of a folder's name until it is complete.</summary>
    public const string Unfinished = ".new";

    /// <summary>A folder that is not there yet. What is in it is of use to nobody after this daemon.</summary>
    public string NewForClone() => New() + ".clone";

    /// <summary>A folder that is not there yet.</summary>
    public string New()
    {
        // They hold machines' memory, with what is secret there.
        Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Path.Combine(root, Guid.NewGuid().ToString("N"));
    }

    /// <summary>Folders that are complete; what is not, and what was for clones, is removed. For the start: nobody else may use any then.</summary>
    public IReadOnlyList<string> LeftBehind()
    {
        if (!Directory.Exists(root))
        {
            return [];
        }

        foreach (string unfinished in Directory.EnumerateDirectories(root).Where(Path.HasExtension).ToList())
        {
            Remove(unfinished);
        }

        return [.. Directory.EnumerateDirectories(root)];
    }

    /// <summary>With what a box that was killed left of it. Nothing there is no error.</summary>
    public static void Remove(string folder)
    {
        foreach (string path in (string[])[folder, folder + Unfinished])
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
        }
    }
}
