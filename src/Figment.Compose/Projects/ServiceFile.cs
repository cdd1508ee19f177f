using Figment.Compose.Yaml;

namespace Figment.Compose.Projects;

/// <summary>The services of one file, of which some extend others.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Services">Null if the file has none.</param>
/// <param name="Fallback">Services of files before it, already extended; null for none.</param>
/// <param name="Prepared">The services are interpolated and checked and their paths absolute. In files that are only extended this is done service by service: what else stands there is not of this application.</param>
internal sealed record ServiceFile(string Path, MappingNode? Services, MappingNode? Fallback, bool Prepared)
{
    /// <summary>Services already extended.</summary>
    public Dictionary<string, MappingNode> Done { get; } = new(StringComparer.Ordinal);

    /// <summary>Services interpolated and checked one by one.</summary>
    public Dictionary<string, MappingNode> PreparedServices { get; } = new(StringComparer.Ordinal);
}
