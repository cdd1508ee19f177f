namespace Figment.Api.Contract;

/// <summary>Joins the cluster of another node.</summary>
public sealed record NodeJoinRequest
{
    /// <summary>Of the node that gave the token.</summary>
    public required string To { get; init; }

    public required string Token { get; init; }

    /// <summary>As for <see cref="NodeInitRequest.Address"/>; null: that by which it reaches the other.</summary>
    public string? Address { get; init; }
}
