namespace Figment.Box.Freezing;

/// <summary>The clock that all processes of the node share, in nanoseconds.</summary>
internal static class MonotonicClock
{
    public static long Now(TimeProvider time) => (long)((Int128)time.GetTimestamp() * 1_000_000_000 / time.TimestampFrequency);
}
