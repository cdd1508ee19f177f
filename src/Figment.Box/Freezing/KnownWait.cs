using Figment.Linux.Waits;

namespace Figment.Box.Freezing;

/// <param name="Wait">What a thread waits for.</param>
/// <param name="EndsAt">When it goes on by itself, in nanoseconds of the monotonic clock; null: never.</param>
/// <param name="IsTick">It goes on so soon that this is no reason to thaw.</param>
internal sealed record KnownWait(ThreadWait Wait, long? EndsAt, bool IsTick);
