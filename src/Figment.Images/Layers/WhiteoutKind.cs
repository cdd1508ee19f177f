namespace Figment.Images.Layers;

/// <summary>What an entry's name says beyond being a name (image-spec, layer.md, "Whiteouts").</summary>
internal enum WhiteoutKind
{
    /// <summary>An ordinary name.</summary>
    None,

    /// <summary><c>.wh.NAME</c>: lower layers' NAME is gone.</summary>
    Hides,

    /// <summary><c>.wh..wh..opq</c>: all that lower layers have in this folder is gone.</summary>
    Opaque,

    /// <summary>Other names with <c>.wh..wh.</c>: book-keeping of aufs, no content.</summary>
    BookKeeping,
}
