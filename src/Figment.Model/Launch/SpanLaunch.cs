namespace Figment.Model.Launch;

/// <summary>The nodes that an application's networks span, as one of them sees it.</summary>
public sealed record SpanLaunch
{
    /// <summary>This node's name.</summary>
    public required string Node { get; init; }

    /// <summary>This node's IPv4 address, at which the others reach it.</summary>
    public required string Address { get; init; }

    /// <summary>UDP port of the encapsulated packets (RFC 7348), the same on all nodes.</summary>
    public int Port { get; init; } = 4789;

    /// <summary>The node that has the application's gateways, DNS and published ports: this one or a peer. The same on all nodes.</summary>
    public required string Home { get; init; }

    /// <summary>The other nodes.</summary>
    public IReadOnlyList<PeerLaunch> Peers { get; init; } = [];
}
