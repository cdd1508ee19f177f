namespace Figment.Api.Contract;

public sealed record PullRequest
{
    public required string Reference { get; init; }

    public string? Platform { get; init; }

    /// <summary>Registries that may be spoken to over plain HTTP besides those on loopback.</summary>
    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    public string? Username { get; init; }

    public string? Password { get; init; }
}
