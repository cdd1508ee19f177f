namespace Figment.Cli.Projects;

/// <summary>Which application the user means, and how its files are read.</summary>
internal sealed record ProjectSelection
{
    public IReadOnlyList<string> Files { get; init; } = [];

    public string? Name { get; init; }

    public IReadOnlyList<string> Profiles { get; init; } = [];

    public IReadOnlyList<string> EnvFiles { get; init; } = [];

    /// <summary>Null: that of the first file, else the working directory.</summary>
    public string? Directory { get; init; }

    /// <summary><c>warn</c>, <c>strict</c> or <c>loose</c>.</summary>
    public string Compatibility { get; init; } = "warn";
}
