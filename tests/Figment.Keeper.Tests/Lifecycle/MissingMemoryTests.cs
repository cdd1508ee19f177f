using Figment.Linux.Files;
using Figment.Linux.Polling;
using Figment.Model.Control;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Keeper.Tests.Lifecycle;

/// <summary>What a machine lacks memory by is open as long as it is needed, and no longer. In place of userfaultfds stand pipes, which tell when nobody holds them any more.</summary>
public sealed class MissingMemoryTests : IDisposable
{
    private const string Address = "10.213.9.2";

    private readonly KeeperBench _bench = new(KeeperBench.Machine("web", Address, KeeperBench.Tcp(80)));
    private readonly Dictionary<long, Descriptor> _readers = [];

    public void Dispose()
    {
        _bench.Dispose();
        foreach (var reader in _readers.Values)
        {
            reader.Dispose();
        }
    }

    [Fact]
    public void It_is_held_until_the_memory_is_complete()
    {
        using var box = Start();
        Lacks(box, 1);
        Lacks(box, 2);
        Assert.False(IsDropped(1, millisecondsMax: 0));

        box.Say(new BoxMessage.MemoryComplete { Number = 1 });

        Assert.True(IsDropped(1));
        Assert.False(IsDropped(2, millisecondsMax: 0));
    }

    [Fact]
    public void It_is_held_until_the_box_is_gone()
    {
        using var box = Start();
        Lacks(box, 1);

        box.Dispose();

        _bench.AwaitState("web-1", MachineState.Imaginary);
        Assert.True(IsDropped(1));
    }

    /// <summary>As to a keeper that came meanwhile, which may have heard it already.</summary>
    [Fact]
    public void What_is_told_twice_is_held_once()
    {
        using var box = Start();
        Lacks(box, 1);
        var first = _readers[1];
        Lacks(box, 1);
        _readers[2] = first;

        Assert.True(IsDropped(2));
        Assert.False(IsDropped(1, millisecondsMax: 0));
    }

    private PeerBoxes.Peer Start()
    {
        _bench.Ask(new KeeperRequest.Start { Machine = "web-1", Wait = false });
        var box = _bench.Boxes.Next();
        box.Runs();
        _bench.AwaitState("web-1", MachineState.Running);
        return box;
    }

    /// <summary>The keeper has heard it when this returns.</summary>
    private void Lacks(PeerBoxes.Peer box, long number)
    {
        var (reader, writer) = FileCalls.Pipe();
        _readers[number] = reader;
        box.Say(new BoxMessage.MemoryMissing { Number = number }, writer.Number);
        writer.Dispose();
        box.Say(new BoxMessage.Wanted { Id = number, Address = Address, Port = 80, Protocol = TransportProtocol.Tcp });
        Assert.Equal(number, box.Hear<BoxMessage.Granted>(out _).Id);
    }

    private bool IsDropped(long number, int millisecondsMax = 20_000)
    {
        using var epoll = new Epoll();
        epoll.Add(_readers[number], PollEvents.None, 0);
        List<(ulong Token, PollEvents Events)> ready = [];
        epoll.Wait(millisecondsMax, ready);
        return ready is [(0, PollEvents.HungUp)];
    }
}
