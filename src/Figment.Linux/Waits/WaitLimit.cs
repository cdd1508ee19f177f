namespace Figment.Linux.Waits;

/// <summary>When a wait ends by itself.</summary>
/// <param name="Nanoseconds">A span since the wait began or, if <paramref name="Clock"/> is given, a point on that clock.</param>
/// <param name="Clock">CLOCK_REALTIME, CLOCK_MONOTONIC and so on (clock_gettime(2)); null: a span.</param>
public readonly record struct WaitLimit(long Nanoseconds, int? Clock);
