using Figment.Linux.Trees;

namespace Figment.Migration.Store;

/// <summary>Sizes of what the store keeps, and bounds of what it believes.</summary>
internal static class StoreLimits
{
    /// <summary>What is found again between snapshots: CRIU writes pages of this size, and one that changed must not take its neighbours with it.</summary>
    public const int PageBytes = 4096;

    /// <summary>Pages that are compressed together: four times as many gain a thirtieth, a quarter of them loses a twentieth, and a block stays as long as one of its pages is needed (docs/decisions/0016).</summary>
    public const int BlockPages = 64;

    public const int BlockBytes = BlockPages * PageBytes;

    /// <summary>A block with nonce and tag; one that does not shrink is kept plain.</summary>
    public const int StoredBlockBytesMax = BlockBytes + StoreKey.OverheadBytes;

    /// <summary>SHA-256.</summary>
    public const int HashBytes = 32;

    /// <summary>Of all packs that are looked through for pages that are there already: 4 GiB of pages, some 100 MB while publishing. Older ones are found no more.</summary>
    public const int PagesKnownMax = 1 << 20;

    /// <summary>A record has some 10 bytes a page at worst, which this bounds for the largest snapshot.</summary>
    public const int RecordBytesMax = 256 * 1024 * 1024;

    /// <summary>An index has 32 bytes a page.</summary>
    public const int IndexBytesMax = 512 * 1024 * 1024;

    /// <summary>Of one snapshot: a memory file system with more is a fault, or a trap.</summary>
    public const int EntriesMax = 1_000_000;

    /// <summary>Names of one entry's attributes, each with a zero: the kernel lists no more. One value has its own bound, all together that of the record.</summary>
    public const int AttributeNameBytesMax = TreeAttributes.ListBytesMax;

    public const int AttributeBytesMax = TreeAttributes.ValueBytesMax;

    /// <summary>As <c>TreeCopy</c> has it, which writes these trees.</summary>
    public const int DepthMax = 256;
}
