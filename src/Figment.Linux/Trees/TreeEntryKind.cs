namespace Figment.Linux.Trees;

/// <summary>S_IFMT of a mode (inode(7)).</summary>
public enum TreeEntryKind
{
    Fifo = 0x1000,
    CharacterDevice = 0x2000,
    Folder = 0x4000,
    BlockDevice = 0x6000,
    File = 0x8000,
    SymbolicLink = 0xA000,
    Socket = 0xC000,
}
