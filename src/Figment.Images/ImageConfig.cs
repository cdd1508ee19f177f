using Figment.Model.Specs;

namespace Figment.Images;

/// <summary>What an image says of how to run it (image-spec, config.md), with Docker's health check.</summary>
public sealed record ImageConfig
{
    /// <summary><c>NAME=VALUE</c>, in order.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    public IReadOnlyList<string> Cmd { get; init; } = [];

    /// <summary>Empty means <c>/</c>.</summary>
    public string WorkingDir { get; init; } = "";

    /// <summary><c>user</c>, <c>uid</c>, <c>user:group</c> or <c>uid:gid</c>; empty means root.</summary>
    public string User { get; init; } = "";

    public IReadOnlyList<ExposedPort> ExposedPorts { get; init; } = [];

    /// <summary>Paths in the image whose content belongs on a volume.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary><c>SIGTERM</c>, <c>TERM</c> or a number; null means SIGTERM.</summary>
    public string? StopSignal { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public HealthCheckSpec? HealthCheck { get; init; }

    public required string Architecture { get; init; }

    public required string Os { get; init; }

    public DateTimeOffset? Created { get; init; }
}
