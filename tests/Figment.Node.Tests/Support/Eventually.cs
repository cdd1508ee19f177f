namespace Figment.Node.Tests.Support;

/// <summary>Polls with a deadline; the failure tells what was waited for and how things stood.</summary>
public static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static async Task<T> HasAsync<T>(string what, Func<Task<T>> look, Func<T, bool> wanted)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var seen = await look();
            if (wanted(seen))
            {
                return seen;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < Limit, $"after {Limit.TotalSeconds} s still not: {what}; last seen {seen}");
            await Task.Delay(10);
        }
    }

    public static Task IsAsync(string what, Func<bool> look) => HasAsync(what, () => Task.FromResult(look()), seen => seen);
}
