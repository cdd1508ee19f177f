namespace Figment.Images;

/// <summary>What an image may cost. Every limit gives <see cref="ImageErrorKind.TooLarge"/> when it is exceeded.</summary>
public sealed record ImageLimits
{
    private const long KiB = 1024;
    private const long MiB = 1024 * KiB;
    private const long GiB = 1024 * MiB;

    /// <summary>The size that every registry must accept for a manifest (distribution-spec), and far more than any needs.</summary>
    public long ManifestBytesMax { get; init; } = 4 * MiB;

    /// <summary>A configuration holds the build history; the largest seen are some 100 KiB.</summary>
    public long ConfigBytesMax { get; init; } = 4 * MiB;

    /// <summary>An index may name indexes; one level is usual.</summary>
    public int IndexDepthMax { get; init; } = 3;

    /// <summary>Docker allows 127; overlayfs 500.</summary>
    public int LayersMax { get; init; } = 127;

    /// <summary>One compressed layer.</summary>
    public long BlobBytesMax { get; init; } = 16 * GiB;

    /// <summary>Machine-learning images have single layers of 10 GiB and more.</summary>
    public long UnpackedBytesPerLayerMax { get; init; } = 32 * GiB;

    /// <summary>All layers of one image together, and one archive given to load.</summary>
    public long UnpackedBytesPerImageMax { get; init; } = 64 * GiB;

    /// <summary>A whole Debian desktop has 300,000 files.</summary>
    public int EntriesPerLayerMax { get; init; } = 1_000_000;

    /// <summary>Names of folders are kept in memory until a layer is complete.</summary>
    public long FolderNameBytesPerLayerMax { get; init; } = 128 * MiB;

    /// <summary>How many bytes one compressed byte may become beyond <see cref="CompressionRatioFromBytes"/>. Text gets 10, gzip reaches 1030 at most, zstd far more.</summary>
    public int CompressionRatioMax { get; init; } = 200;

    /// <summary>Up to here the ratio does not matter: small layers of zeros are honest.</summary>
    public long CompressionRatioFromBytes { get; init; } = 256 * MiB;

    /// <summary>One extended header (names, attributes). The kernel allows 64 KiB an attribute.</summary>
    public long ExtendedHeaderBytesMax { get; init; } = MiB;

    /// <summary>PATH_MAX less its zero.</summary>
    public int PathBytesMax { get; init; } = 4095;

    /// <summary>NAME_MAX.</summary>
    public int NameBytesMax { get; init; } = 255;
}
