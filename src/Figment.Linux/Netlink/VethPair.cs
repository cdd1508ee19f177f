using Figment.Linux.Files;

namespace Figment.Linux.Netlink;

/// <summary>A pair of connected interfaces: one end in the namespace of the socket that asks, the other in <see cref="PeerNamespace"/>.</summary>
public sealed record VethPair
{
    public required string Name { get; init; }

    public required string PeerName { get; init; }

    public required Descriptor PeerNamespace { get; init; }

    public required int Mtu { get; init; }

    /// <summary>Bridge that the near end becomes a port of; 0: none.</summary>
    public int Master { get; init; }

    /// <summary>Six bytes, or empty for one of the kernel's choice.</summary>
    public ReadOnlyMemory<byte> PeerMacAddress { get; init; }
}
