namespace Figment.Model.Specs;

public sealed record LoggingSpec
{
    /// <summary>False for <c>driver: none</c>.</summary>
    public bool Enabled { get; init; } = true;

    public long MaxSizeBytes { get; init; } = 10L * 1024 * 1024;

    public int MaxFiles { get; init; } = 3;
}
