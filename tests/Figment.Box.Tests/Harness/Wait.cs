using System.Diagnostics;

namespace Figment.Box.Tests.Harness;

internal static class Wait
{
    /// <summary>Looks again and again until it is so, or fails with what was awaited.</summary>
    public static void Until(Func<bool> condition, string awaited, TimeSpan? patience = null) => Until(condition, () => awaited, patience);

    /// <param name="condition">What is awaited.</param>
    /// <param name="awaited">It in words, with what was seen last.</param>
    /// <param name="patience">Null: <see cref="TestBox.Patience"/>.</param>
    public static void Until(Func<bool> condition, Func<string> awaited, TimeSpan? patience = null)
    {
        var most = patience ?? TestBox.Patience;
        long start = Stopwatch.GetTimestamp();
        using var never = new ManualResetEventSlim();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < most, $"waited {most.TotalSeconds} s: {awaited()}");
            never.Wait(5);
        }
    }
}
