namespace Figment.Compose;

/// <summary>Bounds on what one load may cost. Each is far above real applications and low enough that a hostile file is refused within a second or two.</summary>
public static class ComposeLimits
{
    /// <summary>All YAML text of one load together; the largest public Compose files have about 100 KiB.</summary>
    public const int YamlBytesMax = 4 * 1024 * 1024;

    /// <summary>Nesting of mappings and lists; Compose itself needs 10. Bounds every recursion over a tree.</summary>
    public const int DepthMax = 64;

    /// <summary>Values of one load with all aliases, merge keys and extended services expanded ("billion laughs").</summary>
    public const int NodesMax = 500_000;

    /// <summary>A chain of included files.</summary>
    public const int IncludeDepthMax = 16;

    /// <summary>A chain of services that extend one another.</summary>
    public const int ExtendsDepthMax = 32;

    /// <summary>Compose files of one load, included and extended ones counted each time they are read.</summary>
    public const int FilesMax = 500;

    /// <summary>Services of one application, active or not.</summary>
    public const int ServicesMax = 1_000;

    /// <summary>Machines of one service; a bridge's /20 holds 4,094.</summary>
    public const int ReplicasMax = 1_000;

    /// <summary>Ports of one service with ranges written out.</summary>
    public const int PortsMax = 4_096;

    /// <summary>All text of variable files of one load, counted each time one is used.</summary>
    public const int EnvironmentBytesMax = 16 * 1024 * 1024;

    /// <summary>All text that interpolation makes in one load: a value may refer to values that refer to others.</summary>
    public const int InterpolatedCharactersMax = 16 * 1024 * 1024;

    /// <summary>Defaults within defaults in <c>${A:-${B:-c}}</c>.</summary>
    public const int InterpolationDepthMax = 32;

    /// <summary>Diagnostics listed; a file in a wrong format would give thousands.</summary>
    public const int DiagnosticsMax = 100;

    /// <summary>Ten years: times above are mistakes and would overflow later sums.</summary>
    public const long DurationMsMax = 10L * 365 * 24 * 60 * 60 * 1000;
}
