namespace Figment.Model.Specs;

/// <summary>One entry of a service's <c>volumes:</c> or <c>tmpfs:</c>.</summary>
public sealed record MountSpec
{
    public required MountKind Kind { get; init; }

    /// <summary>Bind: absolute path on the node. Volume: <see cref="VolumeSpec.Key"/>, null for an anonymous one. Tmpfs: null.</summary>
    public string? Source { get; init; }

    /// <summary>Absolute path in the machine.</summary>
    public required string Target { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Bind: make the source folder if it is missing.</summary>
    public bool CreateHostPath { get; init; }

    /// <summary>Volume: do not fill an empty volume with what the image has at the target.</summary>
    public bool NoCopy { get; init; }

    /// <summary>Volume: folder inside it.</summary>
    public string? Subpath { get; init; }

    /// <summary>Tmpfs: size in bytes, 0 for the kernel's default.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Tmpfs: mode bits, null for 1777.</summary>
    public int? Mode { get; init; }

    /// <summary>Bind propagation (<c>rprivate</c>, <c>rslave</c>, ...); null: <c>rprivate</c>.</summary>
    public string? Propagation { get; init; }
}
