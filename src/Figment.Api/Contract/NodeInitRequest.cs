namespace Figment.Api.Contract;

/// <summary>Begins a cluster.</summary>
public sealed record NodeInitRequest
{
    /// <summary>IPv4 address, with or without a port, where other nodes are to reach this one; null: that of the way out.</summary>
    public string? Address { get; init; }
}
