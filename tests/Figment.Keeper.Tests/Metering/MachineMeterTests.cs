using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Figment.Keeper.Metering;
using Figment.Keeper.Tests.Fabric;
using Figment.Linux.Netlink;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.States;
using Microsoft.Extensions.Time.Testing;
using static Figment.Keeper.Tests.Fabric.TestNode;

namespace Figment.Keeper.Tests.Metering;

/// <summary>Real processes in real control groups; only the clock of the integral is the test's.</summary>
public sealed class MachineMeterTests(ITestOutputHelper output)
{
    private const int Payload = 1000;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Processor_time_is_the_group_s_and_each_interval_has_its_own()
    {
        using var process = new GroupedProcess();
        using var meter = new MachineMeter(new MachineReading(), MachineState.Starting, _time);
        meter.Attach(process.Folders);
        process.Burn();
        meter.Look();
        long first = meter.Spent(default).ProcessorUs;
        meter.Begin(MachineState.Running, default);
        process.Burn();
        meter.Look();
        long second = meter.Spent(default).ProcessorUs;

        Assert.True(first > 0 && second > 0, $"{first} and {second} µs");
        Assert.InRange(first + second, 1, process.ProcessorUs);
    }

    [Fact]
    public void Memory_is_integrated_by_trapezoids_and_a_frozen_machine_needs_no_samples()
    {
        using var process = new GroupedProcess();
        using var meter = new MachineMeter(new MachineReading(), MachineState.Starting, _time);
        meter.Attach(process.Folders);
        long memory = process.MemoryBytes;
        _time.Advance(TimeSpan.FromSeconds(2));
        meter.Look();

        // From 0 to what it is now: a triangle.
        Assert.Equal(memory / 1024 * 2_000 / 2, meter.Spent(default).MemoryKibMs);

        meter.Begin(MachineState.Frozen, default);
        Assert.False(meter.NeedsSamples);
        _time.Advance(TimeSpan.FromSeconds(10));
        meter.Look();

        Assert.Equal(process.MemoryBytes, memory);
        Assert.Equal(memory / 1024 * 10_000, meter.Spent(default).MemoryKibMs);
    }

    [Fact]
    public void When_the_group_is_gone_the_last_reading_counts_and_the_last_word_of_the_box_more()
    {
        using var process = new GroupedProcess();
        using var meter = new MachineMeter(new MachineReading(), MachineState.Starting, _time);
        meter.Attach(process.Folders);
        process.Burn();
        meter.Look();
        long read = meter.Spent(default).ProcessorUs;
        process.Burn();
        long used = process.ProcessorUs;
        process.End();

        meter.Look();
        Assert.Equal(read, meter.Spent(default).ProcessorUs);

        meter.End(used);
        Assert.Equal(used, meter.Spent(default).ProcessorUs);
        Assert.False(meter.NeedsSamples);
    }

    [Fact]
    public void A_later_keeper_goes_on_from_the_counters_of_the_last_event()
    {
        using var process = new GroupedProcess();
        using var first = new MachineMeter(new MachineReading(), MachineState.Running, _time);
        first.Attach(process.Folders);
        process.Burn();
        first.Look();
        long before = first.Spent(default).ProcessorUs;
        var reading = first.Begin(MachineState.Running, new LinkTraffic(100, 50));
        process.Burn();

        using var second = new MachineMeter(reading, MachineState.Running, _time, ago: TimeSpan.FromSeconds(4));
        second.Attach(process.Folders);
        second.Look();
        var spent = second.Spent(new LinkTraffic(130, 20));

        Assert.Equal(process.ProcessorUs, before + spent.ProcessorUs);
        Assert.Equal((reading.MemoryBytes + process.MemoryBytes) / 2 / 1024 * 4_000, spent.MemoryKibMs);

        // The interface was made anew in between: it counts from 0.
        Assert.Equal((30, 20), (spent.NetworkReceivedBytes, spent.NetworkSentBytes));
    }

    /// <summary>Printed; only a gross change fails.</summary>
    [Fact]
    public void A_sample_costs_microseconds()
    {
        const int Rounds = 20_000;
        using var process = new GroupedProcess();
        using var meter = new MachineMeter(new MachineReading(), MachineState.Running, TimeProvider.System);
        meter.Attach(process.Folders);
        using var node = new TestNode();
        var fabric = node.Fabric("cost");
        fabric.Apply(node.Launch("cost", NewTag(), [Network("default", 0, 1)], [.. Enumerable.Range(1, 10).Select(number => Machine($"web-{number}", Interface("default", 1, number + 1)))]));

        double look = MicrosecondsEach(Rounds, meter.Look);
        double traffic = MicrosecondsEach(Rounds, () => fabric.Traffic("web-5"));
        double attach = MicrosecondsEach(Rounds / 10, () => meter.Attach(process.Folders));

        output.WriteLine($"µs each: a sample {look:0.0}, the traffic of a machine with one interface {traffic:0.0}, opening the files {attach:0.0}");
        Assert.InRange(look, 0, 200);
        Assert.InRange(traffic, 0, 200);
    }

    [Fact]
    public void Traffic_is_counted_from_the_machine_s_side_and_a_later_fabric_reads_the_same()
    {
        using var node = new TestNode();
        var launch = node.Launch("bytes", NewTag(), [Network("default", 0, 1)], [Machine("a-1", Interface("default", 1, 2)), Machine("b-1", Interface("default", 1, 3))]);
        var fabric = node.Fabric("bytes");
        fabric.Apply(launch);
        var before = fabric.Traffic("a-1");
        using var a = In(fabric, "a-1", () => Bound(launch.Machines[0]));
        using var b = In(fabric, "b-1", () => Bound(launch.Machines[1]));
        byte[] payload = new byte[Payload];
        a.SendTo(payload, b.LocalEndPoint!);
        Assert.Equal(Payload, b.Receive(payload));
        b.SendTo(payload, a.LocalEndPoint!);
        Assert.Equal(Payload, a.Receive(payload));
        var after = fabric.Traffic("a-1");

        // With the headers of UDP, IP and Ethernet, and what ARP needs.
        Assert.InRange(after.SentBytes - before.SentBytes, Payload + 42, Payload + 500);
        Assert.InRange(after.ReceivedBytes - before.ReceivedBytes, Payload + 42, Payload + 500);

        node.Abandon(fabric);
        var later = node.Fabric("bytes");
        later.Apply(launch);
        Assert.True(later.Traffic("a-1").SentBytes >= after.SentBytes, "the counters did not go on");
        Assert.Equal(default, later.Traffic("nobody-1"));
    }

    private static Socket Bound(MachineLaunch machine)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
        socket.Bind(new IPEndPoint(IPAddress.Parse(machine.Interfaces[0].Address), 0));
        return socket;
    }

    private static double MicrosecondsEach(int rounds, Action action)
    {
        action();
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; round < rounds; round++)
        {
            action();
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / rounds;
    }
}
