namespace Figment.Linux.Mounts;

/// <summary>Copies a tree with owners, modes and times. Symbolic links are copied, never followed; a file of several names in the tree stays one file, holes stay holes.</summary>
public static class TreeCopy
{
    /// <summary>Files, folders and symbolic links: sockets, pipes, devices and extended attributes are left out.</summary>
    /// <param name="source">A folder.</param>
    /// <param name="target">A folder that is there.</param>
    /// <param name="keepExisting">What is there already, folders aside, stays as it is; otherwise it is an error.</param>
    /// <exception cref="IOException">Something cannot be read or made. What was made stays.</exception>
    public static void Copy(string source, string target, bool keepExisting = false) => new TreeCopying(isUpper: false, keepExisting).Run(source, target);

    /// <summary>
    /// What was written in an overlay: also FIFOs, whiteouts, and the extended attributes that mean something elsewhere (<see cref="Trees.AttributeRules"/>).
    /// Over the same lower folders the copy shows the same; sockets and other devices are left out. Nobody writes meanwhile.
    /// </summary>
    /// <param name="source">The upper folder, mounted or not.</param>
    /// <param name="target">An empty folder.</param>
    /// <exception cref="IOException">Something cannot be read or made, or an attribute steers overlayfs as Figment's overlays never let it. What was made stays.</exception>
    public static void CopyUpper(string source, string target) => new TreeCopying(isUpper: true, keepExisting: false).Run(source, target);
}
