namespace Figment.Migration.Store;

/// <summary>Pages that are compressed together, and where they are.</summary>
internal sealed record StoredBlock
{
    public required string Pack { get; init; }

    /// <summary>In the pack's file.</summary>
    public required long Offset { get; init; }

    /// <summary>Bytes there.</summary>
    public required int Stored { get; init; }

    public required int Pages { get; init; }

    public required BlockEncoding Encoding { get; init; }

    /// <summary>SHA-256 of the bytes there.</summary>
    public required byte[] Checksum { get; init; }

    /// <summary>Null: it may be one; otherwise what is wrong with it.</summary>
    public string? Complaint() =>
        !StoreFolders.IsId(Pack) ? "its pack has no name"
        : Offset < 0 || Offset > long.MaxValue - StoreLimits.StoredBlockBytesMax ? $"it begins at {Offset}"
        : Stored is <= 0 or > StoreLimits.StoredBlockBytesMax ? $"it has {Stored} bytes"
        : Pages is <= 0 or > StoreLimits.BlockPages ? $"it has {Pages} pages"
        : !Enum.IsDefined(Encoding) ? $"its encoding is {Encoding}"
        : Checksum.Length != StoreLimits.HashBytes ? "its checksum is cut off"
        : null;
}
