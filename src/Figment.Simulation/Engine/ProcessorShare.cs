namespace Figment.Simulation.Engine;

/// <summary>
/// Requests that compute on so many processors: each gets one, or an equal share if they are more. Kept as one clock that runs slower the more there are;
/// a request is done when that clock has advanced by its work.
/// </summary>
internal sealed class ProcessorShare(EventQueue queue, double processors)
{
    private readonly PriorityQueue<ConnectionModel, (double Done, long Sequence)> _jobs = new();
    private double _clockUs;
    private long _sinceUs;
    private long _sequence;
    private int _version;

    /// <summary>Called before it changes how many processors are at work.</summary>
    public required Action Changes { get; init; }

    /// <summary>Called with each that is done, before the next.</summary>
    public required Action<ConnectionModel> Done { get; init; }

    public int Count => _jobs.Count;

    /// <summary>Processors at work.</summary>
    public double Busy => Math.Min(_jobs.Count, processors);

    public void Add(ConnectionModel connection, long workUs)
    {
        Changes();
        Advance();
        _jobs.Enqueue(connection, (_clockUs + workUs, _sequence++));
        Schedule();
    }

    public void Clear()
    {
        _jobs.Clear();
        _version++;
    }

    private void Advance()
    {
        if (_jobs.Count > 0)
        {
            _clockUs += (queue.NowUs - _sinceUs) * Math.Min(1, processors / _jobs.Count);
        }

        _sinceUs = queue.NowUs;
    }

    private void Schedule()
    {
        int version = ++_version;
        if (_jobs.TryPeek(out _, out var next))
        {
            double leftUs = Math.Max(0, next.Done - _clockUs) * Math.Max(1, _jobs.Count / processors);
            queue.In((long)Math.Ceiling(leftUs), () => OnDue(version));
        }
    }

    private void OnDue(int version)
    {
        if (version != _version)
        {
            return;
        }

        Changes();
        Advance();
        List<ConnectionModel> done = [];

        // Times are whole microseconds.
        while (_jobs.TryPeek(out var connection, out var next) && next.Done <= _clockUs + 0.5)
        {
            _jobs.Dequeue();
            done.Add(connection);
        }

        Schedule();
        foreach (var connection in done)
        {
            Done(connection);
        }
    }
}
