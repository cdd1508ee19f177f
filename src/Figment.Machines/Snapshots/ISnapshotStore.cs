namespace Figment.Machines.Snapshots;

/// <summary>
/// Where a machine that has been frozen for <c>hibernate-after</c> is put, and comes back from. Who decides knows no more of snapshots than this; no store is there yet, so that frozen machines stay in memory.
/// </summary>
public interface ISnapshotStore
{
    /// <summary>Puts a frozen machine on storage. When this returns the snapshot is complete and durable, and only then may the machine be ended; if it throws, the machine is as it was.</summary>
    /// <param name="machine">Whose.</param>
    /// <param name="program">Its first process; all of its control group belongs to it.</param>
    /// <param name="cancellation">Somebody needs the machine: it stays in memory.</param>
    Task SaveAsync(SnapshotName machine, int program, CancellationToken cancellation);

    /// <summary>Brings it back as it was saved: frozen, with its connections.</summary>
    /// <param name="machine">Whose.</param>
    /// <param name="cgroups">Where its processes belong, by controller.</param>
    /// <param name="cancellation">It is not needed any more.</param>
    /// <returns>Its first process; null if there is no snapshot of it.</returns>
    Task<int?> RestoreAsync(SnapshotName machine, IReadOnlyDictionary<string, string> cgroups, CancellationToken cancellation);

    /// <summary>It goes on, or is imaginary again: nobody will ask for the snapshot. Without one nothing happens.</summary>
    Task RemoveAsync(SnapshotName machine, CancellationToken cancellation);
}
