namespace Figment.Linux.Trees;

/// <summary>What statx(2) says of one name in a folder, links not followed.</summary>
public readonly record struct TreeEntry
{
    public required TreeEntryKind Kind { get; init; }

    /// <summary>The lower twelve bits of the mode.</summary>
    public required int Mode { get; init; }

    public required uint User { get; init; }

    public required uint Group { get; init; }

    /// <summary>The number of its file system: inode numbers are those of one.</summary>
    public required ulong FileSystem { get; init; }

    public required ulong Inode { get; init; }

    public required uint Links { get; init; }

    public required long Size { get; init; }

    public required long ModifiedSeconds { get; init; }

    /// <summary>From 0 to 999,999,999, beside the seconds.</summary>
    public required int ModifiedNanoseconds { get; init; }

    /// <summary>When it was last changed in whatever way (stx_ctime): programs cannot set it.</summary>
    public required FileTime Changed { get; init; }

    public required uint DeviceMajor { get; init; }

    public required uint DeviceMinor { get; init; }

    public FileTime Modified => new(ModifiedSeconds, ModifiedNanoseconds);

    /// <summary>overlayfs reads a character device 0:0 as "nothing here" (Documentation/filesystems/overlayfs.rst, whiteouts).</summary>
    public bool IsWhiteout => Kind == TreeEntryKind.CharacterDevice && DeviceMajor == 0 && DeviceMinor == 0;
}
