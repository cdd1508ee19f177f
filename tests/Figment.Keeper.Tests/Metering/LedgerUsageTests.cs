using Figment.Keeper.Tests.Lifecycle;
using Figment.Linux.Netlink;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Model.States;
using static Figment.Keeper.Tests.Lifecycle.KeeperBench;

namespace Figment.Keeper.Tests.Metering;

/// <summary>A keeper writes into its ledger what a machine used.</summary>
public sealed class LedgerUsageTests
{
    private const string Web = "10.78.0.2";

    [Fact]
    public void Each_event_has_what_the_interval_before_it_used_and_together_they_have_all()
    {
        using var bench = new KeeperBench(Machine("web", Web, Tcp(80)));
        using var process = new GroupedProcess();
        bench.Fabric.TrafficOfAll = new LinkTraffic(1_000, 500);
        using var client = bench.Connect("web-1", Web, Web, 80);
        using var box = bench.Boxes.Next();
        box.Say(new BoxMessage.Started { Pid = process.Pid, Cgroups = process.Folders });
        process.Burn();
        bench.Fabric.TrafficOfAll = new LinkTraffic(1_700, 800);
        box.Say(new BoxMessage.Listening { Port = 80, Protocol = TransportProtocol.Tcp, Family = ListenFamily.Ipv4, Loopback = false, Placeholder = true });
        var running = bench.AwaitState("web-1", MachineState.Running);
        process.Burn();
        bench.Fabric.TrafficOfAll = new LinkTraffic(1_701, 900);
        var soFar = bench.Status("web-1").Spent!;
        long used = process.ProcessorUs;
        process.End();
        box.Say(new BoxMessage.Exited { ExitCode = 0, ProcessorUs = used });
        box.Dispose();
        bench.AwaitState("web-1", MachineState.Imaginary);

        var events = bench.Events.Where(@event => @event.To != MachineState.Waiting).ToList();
        Assert.Equal([MachineState.Starting, MachineState.Running, MachineState.Imaginary], events.Select(@event => @event.To));
        Assert.Null(events[0].Spent);
        Assert.Equal((0L, 1_000L, 500L), (events[0].Reading!.ProcessorUs, events[0].Reading!.NetworkReceivedBytes, events[0].Reading!.NetworkSentBytes));
        Assert.Equal((700L, 300L), (events[1].Spent!.NetworkReceivedBytes, events[1].Spent!.NetworkSentBytes));
        Assert.Equal((1L, 100L), (events[2].Spent!.NetworkReceivedBytes, events[2].Spent!.NetworkSentBytes));
        Assert.True(events[1].Spent!.ProcessorUs > 0 && soFar.ProcessorUs > 0, $"{events[1]}, {soFar}");
        Assert.Equal(used, events[1].Spent!.ProcessorUs + events[2].Spent!.ProcessorUs);
        Assert.Equal(used, soFar.ProcessorUs + events[1].Reading!.ProcessorUs);
        Assert.True(events[2].Spent!.MemoryKibMs > 0, "no memory was counted");
        Assert.Null(events[2].Reading);
        Assert.Null(bench.Status("web-1").Spent);
        Assert.NotNull(running.Spent);
    }

    [Fact]
    public void What_was_killed_with_its_box_counts_by_its_last_reading()
    {
        using var bench = new KeeperBench(Machine("web", Web, Tcp(80)));
        using var process = new GroupedProcess();
        using var client = bench.Connect("web-1", Web, Web, 80);
        using var box = bench.Boxes.Next();
        box.Say(new BoxMessage.Started { Pid = process.Pid, Cgroups = process.Folders });
        box.Say(new BoxMessage.Listening { Port = 80, Protocol = TransportProtocol.Tcp, Family = ListenFamily.Ipv4, Loopback = false, Placeholder = true });
        bench.AwaitState("web-1", MachineState.Running);
        process.Burn();
        long read = bench.Status("web-1").Spent!.ProcessorUs;
        process.Burn();
        process.End();
        box.Dispose();
        bench.AwaitState("web-1", MachineState.Imaginary);

        Assert.Equal(read, bench.Events[^1].Spent!.ProcessorUs);
    }
}
