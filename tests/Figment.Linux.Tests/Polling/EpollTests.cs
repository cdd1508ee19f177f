using Figment.Linux.Polling;

namespace Figment.Linux.Tests.Polling;

public sealed class EpollTests
{
    [Fact]
    public void An_event_wakes_the_waiter_once_it_is_set_and_until_it_is_cleared()
    {
        using var epoll = new Epoll();
        using var wake = new EventDescriptor();
        var reports = new List<(ulong Token, PollEvents Events)>();
        epoll.Add(wake.Descriptor, PollEvents.Readable, 7);

        epoll.Wait(0, reports);
        Assert.Empty(reports);

        wake.Set();
        wake.Set();
        epoll.Wait(1000, reports);
        Assert.Equal([(7UL, PollEvents.Readable)], reports);

        wake.Clear();
        epoll.Wait(0, reports);
        Assert.Empty(reports);
    }
}
