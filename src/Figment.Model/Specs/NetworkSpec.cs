namespace Figment.Model.Specs;

/// <summary>One entry of the top-level <c>networks:</c>, or the implicit <c>default</c>.</summary>
public sealed record NetworkSpec
{
    /// <summary>Key in the Compose file.</summary>
    public required string Name { get; init; }

    /// <summary>No way out of the application.</summary>
    public bool Internal { get; init; }

    public bool EnableIpv6 { get; init; }

    /// <summary>CIDR; null: taken from the node's pool.</summary>
    public string? Subnet { get; init; }

    public string? Gateway { get; init; }

    public string? Ipv6Subnet { get; init; }

    public int? Mtu { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];
}
