namespace Figment.Images;

/// <summary>What kind of failure an <see cref="ImageException"/> tells of, for callers that decide by it.</summary>
public enum ImageErrorKind
{
    /// <summary>No such repository, tag, digest, file or stored image.</summary>
    NotFound,

    /// <summary>The registry wants other credentials.</summary>
    Unauthorized,

    /// <summary>Content is not what its digest says.</summary>
    DigestMismatch,

    /// <summary>Content cannot be read: a broken archive, manifest or configuration.</summary>
    Corrupt,

    /// <summary>A layer holds something that no honest tool writes: a way out of its folder, a device.</summary>
    Hostile,

    /// <summary>A limit of <see cref="ImageLimits"/> is exceeded.</summary>
    TooLarge,

    /// <summary>The file system of the store is full.</summary>
    DiskFull,

    /// <summary>The registry cannot be reached, or stops answering, after all retries.</summary>
    Network,

    /// <summary>The image exists, but not for this processor or operating system.</summary>
    UnsupportedPlatform,

    /// <summary>A media type that is not an image's, or one that is no longer in use (schema 1).</summary>
    UnsupportedMedia,

    /// <summary>The file system of the store refuses something for another reason than being full.</summary>
    Storage,
}
