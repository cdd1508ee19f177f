namespace Figment.Images.Layers;

/// <summary>The name of an entry, cleaned: no leading slash, no empty or <c>.</c> parts. Empty for the root itself.</summary>
internal readonly ref struct LayerPath
{
    private LayerPath(byte[] whole)
    {
        Whole = whole;
        int slash = whole.AsSpan().LastIndexOf((byte)'/');
        Parent = whole.AsSpan(0, Math.Max(slash, 0));
        Name = whole.AsSpan(slash + 1);
    }

    public byte[] Whole { get; }

    public ReadOnlySpan<byte> Parent { get; }

    public ReadOnlySpan<byte> Name { get; }

    public bool IsRoot => Whole.Length == 0;

    /// <summary>A leading slash means the root of the image, as for Docker; <c>..</c> is refused wherever it stands, since no tool that makes layers writes it.</summary>
    public static LayerPath Parse(ReadOnlySpan<byte> raw, ImageLimits limits, LayerFaults faults)
    {
        if (raw.Length > limits.PathBytesMax)
        {
            throw faults.TooLarge($"entry \"{LayerFaults.Show(raw)}\" has a name of {raw.Length} bytes; the limit is {limits.PathBytesMax}");
        }

        byte[] clean = new byte[raw.Length];
        int length = 0;
        foreach (var range in raw.Split((byte)'/'))
        {
            var part = raw[range];
            if (part.IsEmpty || part.SequenceEqual("."u8))
            {
                continue;
            }

            if (part.SequenceEqual(".."u8))
            {
                throw faults.Hostile(raw, "has \"..\" in its name");
            }

            if (part.Length > limits.NameBytesMax)
            {
                throw faults.TooLarge($"entry \"{LayerFaults.Show(raw)}\" has a part of {part.Length} bytes; the limit is {limits.NameBytesMax}");
            }

            if (length > 0)
            {
                clean[length++] = (byte)'/';
            }

            part.CopyTo(clean.AsSpan(length));
            length += part.Length;
        }

        return new LayerPath(clean[..length]);
    }
}
