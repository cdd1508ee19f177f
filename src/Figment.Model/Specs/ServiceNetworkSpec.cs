namespace Figment.Model.Specs;

/// <summary>A service's place in a network.</summary>
public sealed record ServiceNetworkSpec
{
    /// <summary>Key of the network in the Compose file (<c>default</c> for the implicit one).</summary>
    public required string Network { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    public string? Ipv4Address { get; init; }

    public string? Ipv6Address { get; init; }

    public string? MacAddress { get; init; }

    /// <summary>Higher first: decides the order of interfaces and the default route.</summary>
    public int Priority { get; init; }
}
