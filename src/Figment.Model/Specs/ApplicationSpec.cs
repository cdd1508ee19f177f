namespace Figment.Model.Specs;

/// <summary>What one set of Compose files describes, resolved: nothing in it refers to a file of the user's that was not read.</summary>
public sealed record ApplicationSpec
{
    /// <summary>Lower case letters, digits, '-' and '_'; starts with a letter or digit (Compose Specification, project name).</summary>
    public required string Name { get; init; }

    /// <summary>The folder against which relative paths were resolved.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The Compose files read, first to last.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Ordered by name.</summary>
    public IReadOnlyList<ServiceSpec> Services { get; init; } = [];

    public IReadOnlyList<NetworkSpec> Networks { get; init; } = [];

    public IReadOnlyList<VolumeSpec> Volumes { get; init; } = [];

    public IReadOnlyList<FileSpec> Configs { get; init; } = [];

    public IReadOnlyList<FileSpec> Secrets { get; init; } = [];
}
