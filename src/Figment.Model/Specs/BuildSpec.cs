namespace Figment.Model.Specs;

public sealed record BuildSpec
{
    /// <summary>Absolute folder on the node.</summary>
    public required string Context { get; init; }

    public string? Dockerfile { get; init; }

    public string? DockerfileInline { get; init; }

    public string? Target { get; init; }

    public IReadOnlyList<KeyValuePair<string, string?>> Args { get; init; } = [];

    public IReadOnlyList<string> Tags { get; init; } = [];
}
