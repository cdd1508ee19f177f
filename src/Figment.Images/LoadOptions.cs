namespace Figment.Images;

/// <summary>How to load from a folder or archive.</summary>
public sealed record LoadOptions
{
    /// <summary>Which image of an index to take; null is this node's.</summary>
    public ImagePlatform? Platform { get; init; }

    /// <summary>The repository of tags that an OCI layout names alone (<c>latest</c>); without it such an image is known by its id only.</summary>
    public string? Repository { get; init; }

    public IProgress<PullProgress>? Progress { get; init; }
}
