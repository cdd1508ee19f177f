using System.Threading.Channels;
using Figment.Node.Journal;

namespace Figment.Node.Ledger;

/// <summary>Hands new events to whoever follows them. A reader that does not keep up is let go: its stream ends, and it may read on from the journal.</summary>
public sealed class EventFeed
{
    /// <summary>About 4 MB for each reader.</summary>
    private const int WaitingMax = 10_000;

    private readonly Lock _lock = new();
    private readonly List<Channel<JournalEvent>> _readers = [];

    public Subscription Subscribe()
    {
        var channel = Channel.CreateBounded<JournalEvent>(new BoundedChannelOptions(WaitingMax) { SingleReader = true });
        lock (_lock)
        {
            _readers.Add(channel);
        }

        return new Subscription(this, channel);
    }

    public void Publish(IReadOnlyList<JournalEvent> events)
    {
        lock (_lock)
        {
            foreach (var reader in _readers)
            {
                if (!events.All(reader.Writer.TryWrite))
                {
                    reader.Writer.TryComplete(new InvalidOperationException($"more than {WaitingMax} events were waiting to be read"));
                }
            }
        }
    }

    private void Remove(Channel<JournalEvent> channel)
    {
        lock (_lock)
        {
            _readers.Remove(channel);
        }
    }

    /// <summary>One reader.</summary>
    public sealed class Subscription : IDisposable
    {
        private readonly EventFeed _feed;
        private readonly Channel<JournalEvent> _channel;

        internal Subscription(EventFeed feed, Channel<JournalEvent> channel)
        {
            _feed = feed;
            _channel = channel;
        }

        public ChannelReader<JournalEvent> Events => _channel.Reader;

        public void Dispose() => _feed.Remove(_channel);
    }
}
