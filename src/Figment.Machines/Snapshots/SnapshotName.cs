namespace Figment.Machines.Snapshots;

/// <param name="Application">The machine's.</param>
/// <param name="Machine">Its name.</param>
/// <param name="Epoch">Under which it ran: one of an earlier epoch is of no use any more.</param>
public readonly record struct SnapshotName(string Application, string Machine, long Epoch);
