namespace Figment.Machines.States;

/// <summary>A request that is answered when the machine runs (or cannot), or when it has ended.</summary>
/// <param name="Request">Chosen by who asked; comes back with the answer.</param>
/// <param name="ForEnd">Waits for the end, not for the start.</param>
public readonly record struct Waiter(long Request, bool ForEnd);
