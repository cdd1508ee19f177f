using System.Text;
using Figment.Images.Manifests;

namespace Figment.Images;

/// <summary>The credentials in a file like <c>~/.docker/config.json</c>.</summary>
public sealed class DockerCredentials
{
    private const string DockerHubKey = "https://index.docker.io/v1/";
    private static readonly ImageLimits Limits = new();

    private readonly Dictionary<string, RegistryCredentials> _byRegistry;
    private readonly IReadOnlySet<string> _helped;

    private DockerCredentials(Dictionary<string, RegistryCredentials> byRegistry, IReadOnlySet<string> helped) => (_byRegistry, _helped) = (byRegistry, helped);

    /// <summary>Registries whose credentials a helper program keeps: those are not in the file, and Figment runs no such programs.</summary>
    public IReadOnlySet<string> KeptByHelpers => _helped;

    /// <summary>Throws <see cref="ImageException"/> if it is not such a file.</summary>
    public static DockerCredentials Parse(ReadOnlySpan<byte> json)
    {
        var reader = new ManifestReader("Docker's configuration file", Limits);
        var document = reader.Parse(json, ManifestJson.Default.DockerConfigDocument, "content");
        var found = new Dictionary<string, RegistryCredentials>(StringComparer.OrdinalIgnoreCase);
        var helped = new HashSet<string>(document.CredHelpers?.Keys ?? [], StringComparer.OrdinalIgnoreCase);
        foreach (var (key, entry) in document.Auths ?? new Dictionary<string, DockerConfigDocument.AuthDocument?>())
        {
            string registry = RegistryOf(key);
            if (entry is not null && Read(entry, registry, reader) is { } credentials)
            {
                found[registry] = credentials;
            }
            else if (document.CredsStore is { Length: > 0 })
            {
                helped.Add(registry);
            }
        }

        return new DockerCredentials(found, helped);
    }

    /// <summary>Null if the file has none for this registry.</summary>
    public RegistryCredentials? Find(string registry) => _byRegistry.GetValueOrDefault(registry);

    /// <summary>Keys are hosts, or addresses as older versions wrote them.</summary>
    private static string RegistryOf(string key)
    {
        if (key == DockerHubKey)
        {
            return ImageReference.DefaultRegistry;
        }

        string host = key.Contains("://", StringComparison.Ordinal) ? key[(key.IndexOf("://", StringComparison.Ordinal) + 3)..] : key;
        int slash = host.IndexOf('/', StringComparison.Ordinal);
        host = slash < 0 ? host : host[..slash];
        return host is "index.docker.io" or "registry-1.docker.io" ? ImageReference.DefaultRegistry : host;
    }

    private static RegistryCredentials? Read(DockerConfigDocument.AuthDocument entry, string registry, ManifestReader reader)
    {
        var (user, password) = (entry.Username, entry.Password);
        if (!string.IsNullOrEmpty(entry.Auth))
        {
            byte[] decoded = new byte[entry.Auth.Length];
            if (!Convert.TryFromBase64String(entry.Auth, decoded, out int length) || Encoding.UTF8.GetString(decoded, 0, length).Split(':', 2) is not [var first, var second])
            {
                throw reader.Corrupt($"its entry for {registry} is not user:password in base64");
            }

            (user, password) = (first, second.TrimEnd('\0'));
        }

        return string.IsNullOrEmpty(user) && entry.Identitytoken is null ? null
            : new RegistryCredentials(user ?? "", password ?? "") { IdentityToken = string.IsNullOrEmpty(entry.Identitytoken) ? null : entry.Identitytoken };
    }
}
