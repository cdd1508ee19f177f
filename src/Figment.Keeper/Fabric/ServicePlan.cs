namespace Figment.Keeper.Fabric;

/// <summary>A service that has addresses of its own: its names lead there, not to its machines.</summary>
internal sealed record ServicePlan
{
    public required string Name { get; init; }

    /// <summary>Its address in each network; there is no interface behind it.</summary>
    public required IReadOnlyList<InterfacePlan> Places { get; init; }
}
