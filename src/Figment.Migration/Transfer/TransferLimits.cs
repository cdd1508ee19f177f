namespace Figment.Migration.Transfer;

/// <summary>What a transfer may hold: a target believes nobody.</summary>
public static class TransferLimits
{
    /// <summary>In one frame, with their contents: 1 MiB.</summary>
    public const int PagesMax = 256;

    /// <summary>In one frame: 4 GiB of zeros.</summary>
    public const uint ZerosMax = 1 << 20;

    /// <summary>That are given later: 1 TiB.</summary>
    public const long OwedMax = 1L << 28;

    /// <summary>Of a file's name; files lie in one folder.</summary>
    public const int NameBytesMax = 255;

    /// <summary>Of one file. Images are small beside memory, which is not among them; memory of a process that could not be followed is.</summary>
    public const long FileBytesMax = 1L << 40;

    public const int FilesMax = 65_536;

    /// <summary>Of a content, in one frame: what is read at once.</summary>
    public const int ContentBytesMax = 1 << 20;

    /// <summary>All that is said of a tree: a million entries, and some of them again in each round.</summary>
    public const int ChangeBytesMax = 512 * 1024 * 1024;

    /// <summary>Of a process (PID_MAX_LIMIT).</summary>
    public const int ProcessMax = 4_194_304;

    /// <summary>Where the memory of programs ends, with five levels of page tables.</summary>
    public const ulong AddressEnd = 1UL << 56;
}
