namespace Figment.Migration.Store;

/// <summary>How the pages of a block are written, below the encryption if there is one.</summary>
internal enum BlockEncoding
{
    Plain = 0,
    Zstd = 1,
}
