namespace Figment.Images.Layers;

/// <summary>Reads whiteouts from names.</summary>
internal static class Whiteout
{
    private static ReadOnlySpan<byte> Prefix => ".wh."u8;

    private static ReadOnlySpan<byte> BookKeepingPrefix => ".wh..wh."u8;

    private static ReadOnlySpan<byte> OpaqueName => ".wh..wh..opq"u8;

    /// <summary>Refuses what no tool writes: something in a folder whose name is a whiteout, a whiteout of nothing, of <c>.</c> or of <c>..</c>.</summary>
    public static WhiteoutKind Classify(LayerPath path, LayerFaults faults)
    {
        bool bookKeeping = false;
        foreach (var range in path.Parent.Split((byte)'/'))
        {
            var part = path.Parent[range];
            bookKeeping |= part.StartsWith(BookKeepingPrefix);
            if (part.StartsWith(Prefix) && !bookKeeping)
            {
                throw faults.Hostile(path.Whole, "lies in a folder whose name is a whiteout");
            }
        }

        if (bookKeeping)
        {
            return WhiteoutKind.BookKeeping;
        }

        if (!path.Name.StartsWith(Prefix))
        {
            return WhiteoutKind.None;
        }

        if (path.Name.StartsWith(BookKeepingPrefix))
        {
            return path.Name.SequenceEqual(OpaqueName) ? WhiteoutKind.Opaque : WhiteoutKind.BookKeeping;
        }

        var hidden = Hidden(path);
        return hidden.IsEmpty || hidden.SequenceEqual("."u8) || hidden.SequenceEqual(".."u8)
            ? throw faults.Hostile(path.Whole, "is a whiteout of no name")
            : WhiteoutKind.Hides;
    }

    /// <summary>The name that a whiteout hides.</summary>
    public static ReadOnlySpan<byte> Hidden(LayerPath path) => path.Name[Prefix.Length..];
}
