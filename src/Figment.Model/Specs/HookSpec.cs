namespace Figment.Model.Specs;

/// <summary>A command run in the machine after it started or before it is stopped.</summary>
public sealed record HookSpec
{
    public required IReadOnlyList<string> Command { get; init; }

    public string? User { get; init; }

    public string? WorkingDir { get; init; }

    public IReadOnlyList<KeyValuePair<string, string?>> Environment { get; init; } = [];
}
