namespace Figment.Model.Specs;

/// <summary>One entry of the top-level <c>volumes:</c>.</summary>
public sealed record VolumeSpec
{
    /// <summary>Key in the Compose file.</summary>
    public required string Key { get; init; }

    /// <summary>Name on the node: <c>APP_KEY</c> unless the file names it.</summary>
    public required string Name { get; init; }

    /// <summary>Must exist already; <c>down -v</c> leaves it.</summary>
    public bool External { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> DriverOptions { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];
}
