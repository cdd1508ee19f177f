using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Figment.Images;

/// <summary>
/// The name of an image, as Docker reads it: <c>redis</c> is <c>docker.io/library/redis:latest</c>. The first part is a registry if it has a dot or a colon or is
/// <c>localhost</c>. Grammar: distribution, reference/reference.go.
/// </summary>
public sealed partial record ImageReference
{
    public const string DefaultRegistry = "docker.io";
    public const string DefaultTag = "latest";
    private const string OfficialPrefix = "library/";
    private const int RepositoryLengthMax = 255;

    private ImageReference(string registry, string repository, string? tag, string? digest)
    {
        (Registry, Repository, Tag, Digest) = (registry, repository, tag, digest);
    }

    /// <summary>Host, with port if it is named.</summary>
    public string Registry { get; }

    /// <summary>Path in the registry, <c>library/redis</c>.</summary>
    public string Repository { get; }

    /// <summary>Null only if a digest is named without one.</summary>
    public string? Tag { get; }

    /// <summary><c>sha256:</c> of the manifest; it decides if both are named.</summary>
    public string? Digest { get; }

    /// <summary>The short form that people write: without <c>docker.io/library/</c>.</summary>
    public string ShortName => (Registry == DefaultRegistry ? "" : Registry + "/")
        + (Registry == DefaultRegistry && Repository.StartsWith(OfficialPrefix, StringComparison.Ordinal) ? Repository[OfficialPrefix.Length..] : Repository)
        + Suffix;

    private string Suffix => (Tag is null ? "" : ":" + Tag) + (Digest is null ? "" : "@" + Digest);

    public static bool TryParse(string text, [NotNullWhen(true)] out ImageReference? reference, [NotNullWhen(false)] out string? error)
    {
        reference = null;
        string rest = text;
        string? digest = null, tag = null;
        int at = rest.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            (rest, digest) = (rest[..at], rest[(at + 1)..]);
            if (!Digests.IsValid(digest))
            {
                return Fail($"\"{digest}\" is no digest (sha256: and 64 lower-case hexadecimal digits)", out error);
            }
        }

        int colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf('/'))
        {
            (rest, tag) = (rest[..colon], rest[(colon + 1)..]);
            if (!TagPattern().IsMatch(tag))
            {
                return Fail($"\"{tag}\" is no tag (letters, digits, '_', '.', '-'; at most 128; not beginning with '.' or '-')", out error);
            }
        }

        var (registry, repository) = Split(rest);
        if (!RegistryPattern().IsMatch(registry))
        {
            return Fail($"\"{registry}\" is no registry's host", out error);
        }

        if (repository.Length > RepositoryLengthMax || !RepositoryPattern().IsMatch(repository))
        {
            return Fail($"\"{repository}\" is no repository (lower-case letters and digits, parts joined by '/', '.', '_' or '-'; at most {RepositoryLengthMax})", out error);
        }

        error = null;
        reference = new ImageReference(registry, repository, tag ?? (digest is null ? DefaultTag : null), digest);
        return true;
    }

    /// <summary>The full form, which <see cref="TryParse"/> reads back.</summary>
    public override string ToString() => $"{Registry}/{Repository}{Suffix}";

    private static (string Registry, string Repository) Split(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? "" : name[..slash];
        bool isRegistry = first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost";
        string registry = isRegistry ? first : DefaultRegistry;
        string repository = isRegistry ? name[(slash + 1)..] : name;
        if (registry == "index.docker.io")
        {
            registry = DefaultRegistry;
        }

        return (registry, registry == DefaultRegistry && repository.Length > 0 && !repository.Contains('/', StringComparison.Ordinal) ? OfficialPrefix + repository : repository);
    }

    private static bool Fail(string why, out string error)
    {
        error = why;
        return false;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"\A([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?\z", RegexOptions.NonBacktracking)]
    private static partial Regex RegistryPattern();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex RepositoryPattern();
}
