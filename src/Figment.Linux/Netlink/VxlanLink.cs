using Figment.Linux.Files;

namespace Figment.Linux.Netlink;

/// <summary>
/// An interface that carries a network between nodes (VXLAN, RFC 7348). Where a frame goes is told by entries alone: nothing is learned, and what has no entry goes nowhere.
/// It answers neighbours' questions itself from its own permanent entries.
/// </summary>
public sealed record VxlanLink
{
    public required string Name { get; init; }

    /// <summary>The namespace that it is put into; encapsulated packets come and go in that of the socket that asks.</summary>
    public required Descriptor Namespace { get; init; }

    public required VxlanInfo Vxlan { get; init; }

    public required int Mtu { get; init; }
}
