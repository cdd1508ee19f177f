using Figment.Linux.Trees;

namespace Figment.Images.Layers;

/// <summary>One entry of a tar archive, with what extended headers before it said. Names are bytes: a layer's names need not be UTF-8.</summary>
internal sealed class TarEntryHeader
{
    public required byte[] Name { get; set; }

    public required byte[] LinkName { get; set; }

    public required TarEntryType Type { get; set; }

    /// <summary>The lower twelve bits.</summary>
    public required int Mode { get; init; }

    public required long User { get; set; }

    public required long Group { get; set; }

    /// <summary>Bytes of content in the archive.</summary>
    public required long Size { get; set; }

    public required FileTime Modified { get; set; }

    public List<(byte[] Name, byte[] Value)> Attributes { get; } = [];

    /// <summary>Set for a file with holes.</summary>
    public SparseMap? Sparse { get; set; }
}
