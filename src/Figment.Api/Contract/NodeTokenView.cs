namespace Figment.Api.Contract;

/// <summary>By which a node joins.</summary>
public sealed record NodeTokenView
{
    /// <summary>A secret until it is used.</summary>
    public required string Token { get; init; }

    /// <summary>Of the node to join.</summary>
    public required string Address { get; init; }

    public required DateTimeOffset Expires { get; init; }
}
