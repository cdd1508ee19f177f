using Figment.Keeper.Control;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Keeper.Tests.Control;

public sealed class WatchHubTests
{
    [Fact]
    public async Task Who_reads_too_slowly_is_dropped_and_the_others_are_not()
    {
        var hub = new WatchHub();
        var slow = hub.Add();
        var fast = hub.Add();
        for (int sequence = 1; sequence <= WatchHub.EventsMax + 10; sequence++)
        {
            hub.Publish(Event(sequence));
            Assert.True(fast.Reader.TryRead(out var @event));
            Assert.Equal(sequence, @event.Sequence);
        }

        var seen = new List<long>();
        await foreach (var @event in slow.Reader.ReadAllAsync())
        {
            seen.Add(@event.Sequence);
        }

        Assert.Equal(Enumerable.Range(1, WatchHub.EventsMax).Select(number => (long)number), seen);
        Assert.False(fast.Reader.Completion.IsCompleted);
    }

    [Fact]
    public async Task Who_leaves_hears_no_more()
    {
        var hub = new WatchHub();
        var watcher = hub.Add();
        hub.Remove(watcher);
        hub.Publish(Event(1));

        Assert.Empty(await watcher.Reader.ReadAllAsync().ToListAsync());
    }

    private static MachineEvent Event(long sequence) => new()
    {
        Sequence = sequence,
        At = DateTimeOffset.UnixEpoch,
        Machine = "m",
        From = MachineState.Imaginary,
        To = MachineState.Waiting,
        Cause = new Signal { Kind = SignalKind.Eager },
    };
}
