using System.Diagnostics;

namespace Figment.Box.Tests.Harness;

internal static class Wait
{
    /// <summary>Looks again and again until it is so, or fails with what was awaited.</summary>
    public static void Until(Func<bool> condition, string awaited) => Until(condition, () => awaited);

    /// <param name="condition">What is awaited.</param>
    /// <param name="awaited">It in words, with what was seen last.</param>
    public static void Until(Func<bool> condition, Func<string> awaited)
    {
        long start = Stopwatch.GetTimestamp();
        using var never = new ManualResetEventSlim();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TestBox.Patience, $"waited {TestBox.Patience.TotalSeconds} s: {awaited()}");
            never.Wait(5);
        }
    }
}
