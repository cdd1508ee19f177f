using Figment.Keeper.Balancing;
using Figment.Keeper.Boxes;
using Figment.Keeper.Fabric;
using Figment.Keeper.Learning;
using Figment.Keeper.Ledger;
using Figment.Linux.Memory;

namespace Figment.Keeper.Lifecycle;

/// <summary>What a keeper works with.</summary>
internal sealed record KeeperParts
{
    public required EventLoop Loop { get; init; }

    public required IFabric Fabric { get; init; }

    public required IBoxStarter Boxes { get; init; }

    public required ServiceBalancer Balancer { get; init; }

    public required MachineGroups Groups { get; init; }

    public required LedgerFile Ledger { get; init; }

    public required LearntPorts Learnt { get; init; }

    /// <summary>The page that tells the boxes of changes.</summary>
    public required SharedPage Generation { get; init; }

    public required TimeProvider Time { get; init; }

    public required Log Log { get; init; }
}
