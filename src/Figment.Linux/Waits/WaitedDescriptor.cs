using Figment.Linux.Polling;

namespace Figment.Linux.Waits;

/// <param name="Number">In the waiting process.</param>
/// <param name="Events">What ends the wait.</param>
public readonly record struct WaitedDescriptor(int Number, PollEvents Events);
