namespace Figment.Migration.Images;

/// <summary>Which processes a dump has.</summary>
internal static class ProcessTreeImage
{
    /// <summary>The number of the first process, in its own PID namespace.</summary>
    /// <exception cref="ImageException">The image is damaged, or has no process.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static int First(string folder)
    {
        string path = Path.Combine(folder, "pstree.img");
        var image = ImageFile.Load(path, ImageKind.ProcessTree);
        return image.Count > 0 ? (int)image.Read(0, ProcessTreeEntry.Parser).Pid : throw new ImageException(path, 0, "it has no process");
    }

    /// <summary>The parent of each process, in the number space of the first; 0: it is the first.</summary>
    /// <exception cref="ImageException">The image is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyDictionary<int, int> Parents(string folder)
    {
        var image = ImageFile.Load(Path.Combine(folder, "pstree.img"), ImageKind.ProcessTree);
        Dictionary<int, int> parents = [];
        for (int index = 0; index < image.Count; index++)
        {
            var entry = image.Read(index, ProcessTreeEntry.Parser);
            parents[(int)entry.Pid] = (int)entry.Parent;
        }

        return parents;
    }
}
