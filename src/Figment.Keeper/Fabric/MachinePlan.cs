using System.Net;

namespace Figment.Keeper.Fabric;

/// <summary>A machine's place in the networks.</summary>
internal sealed record MachinePlan
{
    public required string Name { get; init; }

    public required string Service { get; init; }

    public required string Hostname { get; init; }

    public string? DomainName { get; init; }

    /// <summary>The peer that it is at; null: it is here.</summary>
    public string? Node { get; init; }

    public IReadOnlyList<InterfacePlan> Interfaces { get; init; } = [];

    /// <summary>Where its way out leads: the first network that has one.</summary>
    public NetworkPlan? DefaultNetwork => Interfaces.FirstOrDefault(port => !port.Network.Internal)?.Network;

    /// <summary>The address that published ports lead to.</summary>
    public IPAddress? ReachableAddress => Interfaces.FirstOrDefault(port => !port.Network.Internal)?.Address;
}
