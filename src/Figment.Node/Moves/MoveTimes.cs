namespace Figment.Node.Moves;

/// <summary>What a move took, phase by phase. Any thread.</summary>
internal sealed class MoveTimes(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly List<(string Phase, long At)> _begun = [("preparing", time.GetTimestamp())];
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public void Count(int bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Begin(string phase)
    {
        lock (_lock)
        {
            _begun.Add((phase, time.GetTimestamp()));
        }
    }

    /// <summary>Each phase with the milliseconds that it took; the last goes on.</summary>
    public IReadOnlyList<(string Phase, double Ms)> Read()
    {
        lock (_lock)
        {
            return [.. _begun.Select((one, index) => (one.Phase, time.GetElapsedTime(one.At, index + 1 < _begun.Count ? _begun[index + 1].At : time.GetTimestamp()).TotalMilliseconds))];
        }
    }
}
