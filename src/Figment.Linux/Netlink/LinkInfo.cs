namespace Figment.Linux.Netlink;

/// <summary>A network interface as the kernel lists it.</summary>
public sealed record LinkInfo
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    public bool IsUp { get; init; }

    public uint Mtu { get; init; }

    /// <summary>Index of the bridge that it is a port of; 0: none.</summary>
    public int Master { get; init; }

    /// <summary>Of a veth: index of the other end, in that end's namespace. 0: none.</summary>
    public int Peer { get; init; }

    /// <summary><c>veth</c>, <c>bridge</c>, <c>vxlan</c>; null for real ones.</summary>
    public string? Kind { get; init; }

    /// <summary>Of a VXLAN interface.</summary>
    public VxlanInfo? Vxlan { get; init; }

    /// <summary>Of a bridge's port.</summary>
    public BridgePortInfo? BridgePort { get; init; }

    /// <summary><c>02:0a:05:00:00:03</c>, or empty.</summary>
    public string MacAddress { get; init; } = "";
}
