namespace Figment.Simulation.Engine;

/// <summary>What is to happen, by time and, at one time, in the order in which it was scheduled: so that a run can be repeated. One thread.</summary>
internal sealed class EventQueue
{
    private readonly PriorityQueue<Action, Key> _queue = new();
    private long _sequence;

    public long NowUs { get; private set; }

    public int Count => _queue.Count;

    public void At(long atUs, Action happens) => _queue.Enqueue(happens, new Key(Math.Max(atUs, NowUs), _sequence++));

    public void In(long us, Action happens) => At(NowUs + us, happens);

    /// <summary>When the next thing happens; null: nothing will.</summary>
    public long? NextUs => _queue.TryPeek(out _, out var key) ? key.AtUs : null;

    public void RunNext()
    {
        _queue.TryDequeue(out var happens, out var key);
        NowUs = key.AtUs;
        happens!();
    }

    /// <summary>Nothing happens until then.</summary>
    public void Advance(long toUs) => NowUs = Math.Max(NowUs, toUs);

    private readonly record struct Key(long AtUs, long Sequence) : IComparable<Key>
    {
        public int CompareTo(Key other) => AtUs != other.AtUs ? AtUs.CompareTo(other.AtUs) : Sequence.CompareTo(other.Sequence);
    }
}
