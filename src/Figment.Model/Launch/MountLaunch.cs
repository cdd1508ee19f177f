using Figment.Model.Specs;

namespace Figment.Model.Launch;

public sealed record MountLaunch
{
    public required MountKind Kind { get; init; }

    /// <summary>Absolute path on the node; null for tmpfs.</summary>
    public string? Source { get; init; }

    /// <summary>Absolute path in the machine.</summary>
    public required string Target { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Volume: fill it from the image's target if it is empty.</summary>
    public bool CopyUp { get; init; }

    public long SizeBytes { get; init; }

    public int? Mode { get; init; }

    public string? Propagation { get; init; }
}
