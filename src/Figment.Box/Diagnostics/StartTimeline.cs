namespace Figment.Box.Diagnostics;

/// <summary>When each step of a start was done, in microseconds since the keeper began it. Any thread.</summary>
/// <param name="begunAt">On the monotonic clock, which all processes of the node share.</param>
/// <param name="time">The clock.</param>
internal sealed class StartTimeline(long begunAt, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly List<KeyValuePair<string, long>> _steps = [];

    public IReadOnlyList<KeyValuePair<string, long>> Steps
    {
        get
        {
            lock (_lock)
            {
                return [.. _steps];
            }
        }
    }

    public void Done(string step)
    {
        long microseconds = (long)time.GetElapsedTime(begunAt).TotalMicroseconds;
        lock (_lock)
        {
            _steps.Add(new(step, microseconds));
        }
    }
}
