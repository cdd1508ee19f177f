using System.Net;

namespace Figment.Images.Registry;

/// <summary>Where a registry answers, and whether without TLS.</summary>
internal sealed class RegistryEndpoint
{
    private const string DockerHubHost = "registry-1.docker.io";

    private readonly HashSet<string> _insecure;

    public RegistryEndpoint(ImageReference reference, IReadOnlyCollection<string> insecure)
    {
        _insecure = new HashSet<string>(insecure, StringComparer.OrdinalIgnoreCase);
        string host = reference.Registry == ImageReference.DefaultRegistry ? DockerHubHost : reference.Registry;
        Base = new Uri($"https://{host}/v2/{reference.Repository}/");
        if (MayBePlain(Base))
        {
            Base = new Uri($"http://{host}/v2/{reference.Repository}/");
        }
    }

    /// <summary>Ends with the repository and a slash.</summary>
    public Uri Base { get; }

    /// <summary>True for this node's loopback and for what the caller listed.</summary>
    public bool MayBePlain(Uri uri) =>
        uri.IdnHost == "localhost"
        || (IPAddress.TryParse(uri.IdnHost, out var address) && IPAddress.IsLoopback(address))
        || _insecure.Contains(uri.Host)
        || _insecure.Contains(uri.Authority);
}
