namespace Figment.Conformance.Tests.Stages;

/// <summary>Asks again until a condition holds, and says in which phase it never did.</summary>
internal static class Deadline
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task UntilAsync(TimeSpan limit, Func<string> phase, Func<Task<bool>> condition, CancellationToken cancellation)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > limit)
            {
                throw new TimeoutException($"not within {limit.TotalSeconds} s: {phase()}");
            }

            await Task.Delay(Pause, cancellation);
        }
    }
}
