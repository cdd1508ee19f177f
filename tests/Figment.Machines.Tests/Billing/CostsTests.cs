using System.Collections.Immutable;
using CsCheck;
using Figment.Machines.Billing;
using Figment.Machines.Intervals;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Tests.Billing;

public sealed class CostsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly PriceList Active = new()
    {
        Name = "active",
        Title = "t",
        Source = "s",
        Dated = new DateOnly(2026, 1, 1),
        Currency = "USD",
        Billing = BillingKind.Active,
        GranularityMs = 100,
        VcpuSecond = 2,
        GibSecond = 1,
        FrozenGibSecond = 0.5m,
    };

    private static readonly PriceList Sized = Active with
    {
        Billing = BillingKind.Started,
        GranularityMs = 1_000,
        VcpuSecond = 0,
        GibSecond = 0,
        StoredGib = 10,
        StoredGibMonth = 2_592_000,
        Sizes = [new MachineSize("small", 1, 1, 3_600), new MachineSize("large", 4, 8, 36_000)],
    };

    [Fact]
    public void Running_counts_what_is_set_aside_in_steps_frozen_its_memory_and_imaginary_nothing()
    {
        var machine = Machine(
            (MachineState.Imaginary, 1_000),
            (MachineState.Starting, 30),
            (MachineState.Running, 1_020),
            (MachineState.Frozen, 4_000),
            (MachineState.Running, 10),
            (MachineState.Stopping, 0),
            (MachineState.Stopped, 5_000)) with { Vcpus = 2, MemoryGib = 4 };

        var costs = Costs.ByState(Active, machine);

        // 8 a second: 1.05 s are rounded up to 1.1 s, and 10 ms to 100 ms.
        Assert.Equal(1.1m * 8 + 0.1m * 8, costs[MachineState.Starting] + costs[MachineState.Running] + costs[MachineState.Stopping]);
        Assert.Equal(0.03m * 8, costs[MachineState.Starting]);
        Assert.Equal(4 * 4 * 0.5m, costs[MachineState.Frozen]);
        Assert.Equal((0m, 0m), (costs[MachineState.Imaginary], costs[MachineState.Stopped]));
        Assert.Equal(11.06m * 8, Costs.AlwaysOn(Active, machine));
    }

    [Fact]
    public void A_started_machine_costs_its_size_and_a_stopped_one_its_disk()
    {
        var machine = Machine((MachineState.Imaginary, 5_000), (MachineState.Running, 1_500), (MachineState.Frozen, 2_000));

        var costs = Costs.ByState(Sized, machine);

        Assert.Equal((50m, 2m, 0.5m * 2 * 0.5m), (costs[MachineState.Imaginary], costs[MachineState.Running], costs[MachineState.Frozen]));
    }

    [Fact]
    public void Always_on_is_the_whole_time_whatever_the_state()
    {
        var machine = Machine((MachineState.Imaginary, 7_000), (MachineState.Running, 3_000));

        Assert.Equal(10m, Costs.ByState(Sized with { Billing = BillingKind.Always }, machine).Values.Sum());
        Assert.Equal(10m, Costs.AlwaysOn(Sized with { Billing = BillingKind.Always }, machine));
    }

    [Theory]
    [InlineData(0.5, 0.5, "small", 1)]
    [InlineData(1, 2, "large", 1)]
    [InlineData(2, 0.1, "large", 1)]
    [InlineData(9, 8, "large", 3)]
    [InlineData(1, 65, "large", 9)]
    public void A_machine_gets_the_smallest_size_that_it_fits_into(double vcpus, double memory, string size, int count)
    {
        var (found, times) = Costs.SizeOf(Sized, Machine() with { Vcpus = (decimal)vcpus, MemoryGib = (decimal)memory });

        Assert.Equal((size, count), (found.Name, times));
    }

    [Fact]
    public void What_was_used_counts_by_itself()
    {
        var prices = Active with { Billing = BillingKind.Used, SentGib = 8 };
        var gibSecond = new MachineUsage { ProcessorUs = 500_000, MemoryKibMs = 1024L * 1024 * 1000, NetworkSentBytes = 1 << 29 };
        var machine = Machine((MachineState.Running, 2_000), (MachineState.Frozen, 2_000), (MachineState.Imaginary, 4_000));
        machine = machine with { Intervals = [.. machine.Intervals.Select(interval => interval.State.RunsProgram() ? interval with { Usage = gibSecond } : interval)] };

        var costs = Costs.ByState(prices, machine);

        Assert.Equal((0.5m * 2 + 1 + 4, 0.5m + 4, 0m), (costs[MachineState.Running], costs[MachineState.Frozen], costs[MachineState.Imaginary]));

        // Half a GiB on average while its program ran, for eight seconds.
        Assert.Equal(8 + 2 + (0.5m * 8), Costs.AlwaysOn(prices, machine));
    }

    [Fact]
    public void A_folded_hour_costs_what_its_intervals_did_but_for_rounding() =>
        Gen.Select(Gen.Enum<MachineState>(), Gen.Long[0, 9_000_000]).Array[1, 20].Sample(parts =>
        {
            var machine = Machine([.. parts.Select(part => (part.Item1, part.Item2))]);
            var folded = machine with { Intervals = [], Hours = [.. machine.Intervals.SelectMany(Slices.Hours)] };
            foreach (var prices in (PriceList[])[Active with { GranularityMs = 0 }, Sized with { GranularityMs = 0 }, Active with { Billing = BillingKind.Used }])
            {
                Assert.Equal(Math.Round(Costs.ByState(prices, machine).Values.Sum(), 12), Math.Round(Costs.ByState(prices, folded).Values.Sum(), 12));
                Assert.Equal(Math.Round(Costs.AlwaysOn(prices, machine), 12), Math.Round(Costs.AlwaysOn(prices, folded), 12));
            }
        });

    [Fact]
    public void Of_a_folded_hour_each_wake_is_rounded_by_half_a_step()
    {
        var hour = new MachineHour
        {
            Machine = "web-1",
            Service = "web",
            State = MachineState.Running,
            Hour = Noon,
            WallUs = 1_000_000,
            Wakes = ImmutableSortedDictionary<SignalKind, int>.Empty.Add(SignalKind.Data, 3).Add(SignalKind.Timer, 1),
        };

        Assert.Equal((1 + (4 * 0.05m)) * 2.5m, Costs.ByState(Active, Machine() with { Hours = [hour] }).Values.Sum());
    }

    private static BilledMachine Machine(params (MachineState State, long LengthMs)[] parts)
    {
        var at = Noon;
        var intervals = new List<MachineInterval>();
        foreach (var (state, lengthMs) in parts)
        {
            intervals.Add(new MachineInterval { Machine = "web-1", Service = "web", State = state, Begin = at, End = at.AddMilliseconds(lengthMs) });
            at = at.AddMilliseconds(lengthMs);
        }

        return new BilledMachine { Name = "web-1", Service = "web", Intervals = intervals };
    }
}
