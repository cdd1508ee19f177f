namespace Figment.Model.Launch;

/// <summary>A service that has an address of its own beside its machines'.</summary>
public sealed record ServiceLaunch
{
    public required string Name { get; init; }

    /// <summary>By network.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Addresses { get; init; } = [];

    /// <summary>More names of it, by network.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Aliases { get; init; } = [];
}
