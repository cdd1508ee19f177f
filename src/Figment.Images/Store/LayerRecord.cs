namespace Figment.Images.Store;

/// <summary>What is known of an unpacked layer.</summary>
internal sealed record LayerRecord
{
    /// <summary>Size of its archive, which is that of its files and their headers.</summary>
    public required long Bytes { get; init; }

    public required int Entries { get; init; }
}
