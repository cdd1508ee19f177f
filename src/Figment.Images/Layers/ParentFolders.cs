using Figment.Linux.Errors;
using Figment.Linux.Trees;

namespace Figment.Images.Layers;

/// <summary>Opens the folder that an entry goes into, making what is missing of it (tools may leave parents out).</summary>
internal static class ParentFolders
{
    private const int DefaultMode = 0x1ED;

    public static TreeFolder Open(TreeFolder root, LayerPath path, LayerFaults faults)
    {
        var folder = root.TryOpen(path.Parent, out var error);
        return folder ?? (error is Errno.ENOENT or Errno.ENOTDIR ? Walk(root, path, faults) : throw Refusal(error, path, faults));
    }

    private static TreeFolder Walk(TreeFolder root, LayerPath path, LayerFaults faults)
    {
        var current = root.TryOpen([], out var error) ?? throw Refusal(error, path, faults);
        for (int start = 0; start < path.Parent.Length;)
        {
            int length = path.Parent[start..].IndexOf((byte)'/');
            int end = length < 0 ? path.Parent.Length : start + length;
            using var above = current;
            current = root.TryOpen(path.Parent[..end], out error)
                ?? (error is Errno.ENOENT or Errno.ENOTDIR ? Make(above, path.Parent[start..end], path, faults) : throw Refusal(error, path, faults));
            start = end + 1;
        }

        return current;
    }

    private static TreeFolder Make(TreeFolder above, ReadOnlySpan<byte> name, LayerPath path, LayerFaults faults)
    {
        bool opaque = false;
        if (above.TryStat(name, out _) is { } existing)
        {
            if (existing.Kind == TreeEntryKind.SymbolicLink)
            {
                throw faults.Hostile(path.Whole, $"goes through the symbolic link \"{LayerFaults.Show(name)}\", which leads to no folder of this layer");
            }

            if (!existing.IsWhiteout)
            {
                throw faults.Corrupt($"entry \"{LayerFaults.Show(path.Whole)}\" lies in \"{LayerFaults.Show(name)}\", which is no folder");
            }

            opaque = true;
            Check(above.Remove(name, folder: false), "unlinkat(2)", path);
        }

        Check(above.MakeFolder(name, DefaultMode), "mkdirat(2)", path);
        var folder = above.TryOpenChild(name, out var error) ?? throw new LinuxException(error, "openat(2)", LayerFaults.Show(path.Whole));
        Check(TreeFile.SetMode(folder.Descriptor, DefaultMode), "fchmod(2)", path);
        if (opaque)
        {
            Check(TreeFile.SetAttribute(folder.Descriptor, AttributeRules.OverlayOpaque, "y"u8), "fsetxattr(2)", path);
        }

        return folder;
    }

    private static void Check(Errno error, string call, LayerPath path)
    {
        if (error != Errno.None)
        {
            throw new LinuxException(error, call, LayerFaults.Show(path.Whole));
        }
    }

    private static Exception Refusal(Errno error, LayerPath path, LayerFaults faults) => error switch
    {
        Errno.ELOOP => faults.Hostile(path.Whole, "goes through symbolic links that lead in a circle"),
        Errno.EXDEV => faults.Hostile(path.Whole, "leads out of the layer's folder"),
        _ => new LinuxException(error, "openat2(2)", LayerFaults.Show(path.Whole)),
    };
}
