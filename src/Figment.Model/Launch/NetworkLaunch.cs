namespace Figment.Model.Launch;

/// <summary>One network of an application on this node.</summary>
public sealed record NetworkLaunch
{
    /// <summary>Key in the Compose file.</summary>
    public required string Name { get; init; }

    /// <summary>Position in the application, from 0: part of interface names.</summary>
    public required int Index { get; init; }

    /// <summary>IPv4 CIDR.</summary>
    public required string Subnet { get; init; }

    /// <summary>The bridge's own address: gateway and DNS server of the machines.</summary>
    public required string Gateway { get; init; }

    /// <summary>A /30 for the pair between this network's router and the node, <c>a.b.c.d/30</c>: .1 is the node's end, .2 the router's.</summary>
    public required string Uplink { get; init; }

    public string? Ipv6Subnet { get; init; }

    public string? Ipv6Gateway { get; init; }

    public bool Internal { get; init; }

    public int Mtu { get; init; } = 1500;

    /// <summary>The network's number between nodes (RFC 7348), 1 to 16777215, the same on all nodes of the application's span and of no other network there; 0 without one.</summary>
    public int Vni { get; init; }
}
