using System.Threading.Channels;
using Figment.Model.Signals;

namespace Figment.Keeper.Control;

/// <summary>Those who want to hear of every event. Publishing never waits: who reads too slowly is dropped and reads the ledger instead. Any thread.</summary>
internal sealed class WatchHub
{
    /// <summary>A burst of all machines of a large application; about 300 KiB a watcher.</summary>
    public const int EventsMax = 1_024;

    private readonly Lock _lock = new();
    private readonly List<Channel<MachineEvent>> _watchers = [];

    public Channel<MachineEvent> Add()
    {
        var channel = Channel.CreateBounded<MachineEvent>(new BoundedChannelOptions(EventsMax) { SingleReader = true });
        lock (_lock)
        {
            _watchers.Add(channel);
        }

        return channel;
    }

    public void Remove(Channel<MachineEvent> watcher)
    {
        lock (_lock)
        {
            _watchers.Remove(watcher);
        }

        watcher.Writer.TryComplete();
    }

    public void Publish(MachineEvent @event)
    {
        lock (_lock)
        {
            _watchers.RemoveAll(watcher => !watcher.Writer.TryWrite(@event) && watcher.Writer.TryComplete());
        }
    }
}
