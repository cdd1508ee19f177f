using Figment.Node.Builds;
using Figment.Node.Images;
using Figment.Node.Journal;
using Figment.Node.Keepers;
using Figment.Node.Ledger;
using Figment.Node.Packages;
using Figment.Node.Snapshots;

namespace Figment.Node.Lifecycle;

/// <summary>What the steps work with.</summary>
internal sealed class NodeParts
{
    public required NodeOptions Options { get; init; }

    public required NodeJournal Journal { get; init; }

    public required IImages Images { get; init; }

    public required NodeSnapshots Snapshots { get; init; }

    public required TakenSnapshots Taken { get; init; }

    public required DebianPackages Packages { get; init; }

    public required ImageBuilder Builder { get; init; }

    public required KeeperSupervisor Keepers { get; init; }

    public required LedgerImporter Ledgers { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Boot id of the kernel that runs.</summary>
    public required string Boot { get; init; }

    /// <summary>Makes digests of secrets useless to who sees only the digest.</summary>
    public required byte[] DigestKey { get; init; }

    /// <summary>Held from reading what is taken to writing what was chosen, over all applications.</summary>
    public SemaphoreSlim Allocating { get; } = new(1);
}
