using System.Net;

namespace Figment.Keeper.Fabric;

/// <summary>One interface of a machine.</summary>
internal sealed record InterfacePlan
{
    public required NetworkPlan Network { get; init; }

    /// <summary><c>eth0</c>, <c>eth1</c>...</summary>
    public required string Link { get; init; }

    public required IPAddress Address { get; init; }

    public IPAddress? Ipv6Address { get; init; }

    public required byte[] MacAddress { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    public string Port => FabricNames.Port(Address);
}
