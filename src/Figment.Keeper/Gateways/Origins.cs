using System.Net;

namespace Figment.Keeper.Gateways;

/// <summary>
/// Clients whose connections and flows the gateways carry, by the address under which the machine sees them. A client that has left is remembered for a moment:
/// who asks has heard of it from a box, and a short question is answered and over before that. Any thread.
/// </summary>
internal sealed class Origins(TimeProvider time)
{
    /// <summary>How long one is remembered that has left.</summary>
    internal static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    /// <summary>How many are remembered that have left.</summary>
    internal const int LeftMax = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<IPEndPoint, Origin> _origins = [];
    private readonly Queue<Origin> _left = [];

    /// <param name="seen">What the machine sees.</param>
    /// <param name="client">Who that is.</param>
    /// <returns>For <see cref="Leave"/>.</returns>
    internal Origin Add(IPEndPoint seen, IPEndPoint client)
    {
        var origin = new Origin(seen, client);
        lock (_lock)
        {
            _origins[seen] = origin;
        }

        return origin;
    }

    internal void Leave(Origin origin)
    {
        lock (_lock)
        {
            origin.LeftAt = time.GetTimestamp();
            _left.Enqueue(origin);
            while (_left.Count > LeftMax || (_left.TryPeek(out var oldest) && IsForgotten(oldest)))
            {
                var forgotten = _left.Dequeue();
                if (_origins.GetValueOrDefault(forgotten.Seen) == forgotten)
                {
                    // Otherwise another has taken the address meanwhile.
                    _origins.Remove(forgotten.Seen);
                }
            }
        }
    }

    internal IPEndPoint? Find(IPEndPoint seen)
    {
        lock (_lock)
        {
            return _origins.GetValueOrDefault(seen) is { } origin && !IsForgotten(origin) ? origin.Client : null;
        }
    }

    private bool IsForgotten(Origin origin) => origin.LeftAt is { } at && time.GetElapsedTime(at) > Memory;

    /// <summary>One client's connection or flow.</summary>
    internal sealed class Origin(IPEndPoint seen, IPEndPoint client)
    {
        internal IPEndPoint Seen { get; } = seen;

        internal IPEndPoint Client { get; } = client;

        /// <summary>Under the table's lock. Null: it is there.</summary>
        internal long? LeftAt { get; set; }
    }
}
