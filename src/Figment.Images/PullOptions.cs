namespace Figment.Images;

/// <summary>How to pull.</summary>
public sealed record PullOptions
{
    /// <summary>Which image of an index to take; null is this node's.</summary>
    public ImagePlatform? Platform { get; init; }

    public RegistryCredentials? Credentials { get; init; }

    /// <summary>Registries (<c>host</c> or <c>host:port</c>) spoken to without TLS. Those of this node's loopback need no entry.</summary>
    public IReadOnlyCollection<string> InsecureRegistries { get; init; } = [];

    public IProgress<PullProgress>? Progress { get; init; }
}
