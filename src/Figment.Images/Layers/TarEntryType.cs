namespace Figment.Images.Layers;

/// <summary>The type flag of a tar header (POSIX.1 pax, and GNU tar's letters).</summary>
internal enum TarEntryType : byte
{
    OldFile = 0,
    File = (byte)'0',
    HardLink = (byte)'1',
    SymbolicLink = (byte)'2',
    CharacterDevice = (byte)'3',
    BlockDevice = (byte)'4',
    Folder = (byte)'5',
    Fifo = (byte)'6',
    ContiguousFile = (byte)'7',
    GlobalExtendedHeader = (byte)'g',
    ExtendedHeader = (byte)'x',
    LongLinkName = (byte)'K',
    LongName = (byte)'L',
    SparseFile = (byte)'S',
}
