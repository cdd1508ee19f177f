namespace Figment.Api.Contract;

public sealed record ImageView
{
    /// <summary>Digest of its config, <c>sha256:...</c>.</summary>
    public required string Id { get; init; }

    public IReadOnlyList<string> References { get; init; } = [];

    public required long SizeBytes { get; init; }

    public DateTimeOffset? Created { get; init; }

    public required string Platform { get; init; }
}
