namespace Figment.Migration.Transfer;

/// <summary>What a frame of a transfer holds.</summary>
internal enum FrameKind : byte
{
    /// <summary>Pages of one process, with their contents.</summary>
    Pages = 1,

    /// <summary>Pages of one process that hold zeros.</summary>
    Zeros = 2,

    /// <summary>A file of the dump: its name, then its content.</summary>
    File = 3,

    /// <summary>All that was found in one round has been sent.</summary>
    Round = 4,

    /// <summary>Everything has been sent; the digest of all frames before.</summary>
    End = 5,

    /// <summary>Bytes of a content.</summary>
    Content = 6,

    /// <summary>Pages of a content that hold zeros.</summary>
    Hole = 7,

    /// <summary>A content, and how long it is from now on.</summary>
    Length = 8,

    /// <summary>What is new, another or gone in the tree that the machine wrote.</summary>
    Change = 9,

    /// <summary>Pages of one process that its source gives when they are asked for.</summary>
    Owed = 10,
}
