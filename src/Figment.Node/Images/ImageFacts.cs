using Figment.Api.Contract;
using Figment.Model.Specs;

namespace Figment.Node.Images;

/// <summary>An image as planning sees it.</summary>
public sealed record ImageFacts
{
    /// <summary>Digest of its config, <c>sha256:...</c>.</summary>
    public required string Id { get; init; }

    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary><c>linux/amd64</c>.</summary>
    public required string Platform { get; init; }

    public long SizeBytes { get; init; }

    public DateTimeOffset? Created { get; init; }

    /// <summary>Unpacked layers, topmost first.</summary>
    public required IReadOnlyList<string> LayerDirectories { get; init; }

    /// <summary><c>NAME=value</c>.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    public IReadOnlyList<string> Command { get; init; } = [];

    public string? WorkingDirectory { get; init; }

    public string? User { get; init; }

    public IReadOnlyList<PortSpec> ExposedPorts { get; init; } = [];

    /// <summary>Absolute paths.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    public string? StopSignal { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public HealthCheckSpec? HealthCheck { get; init; }

    public ImageView ToView() => new() { Id = Id, References = References, SizeBytes = SizeBytes, Created = Created, Platform = Platform };
}
