using Figment.Model.States;

namespace Figment.Machines.Inputs;

/// <summary>A box that an earlier keeper started and that still runs.</summary>
/// <param name="Machine">Name of its machine.</param>
/// <param name="Box">Number given to it by this keeper.</param>
/// <param name="Revision">Revision of the launch record it was started with.</param>
/// <param name="HasListened">Its program listens or has listened.</param>
/// <param name="HasStarted">Its program was executed.</param>
/// <param name="Health">As the box knows it.</param>
/// <param name="IsFrozen">It stands still.</param>
/// <param name="IsClone">Its program went on from a snapshot of its kind.</param>
public sealed record Adoption(string Machine, long Box, string Revision, bool HasListened, bool HasStarted, HealthState Health, bool IsFrozen, bool IsClone = false);
