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
}
