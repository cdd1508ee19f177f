using CsCheck;
using Figment.Machines.Intervals;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Tests.Intervals;

public sealed class SlicesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Gen<MachineInterval> Closed = Gen.Select(Gen.Long[0, 20_000_000_000], Gen.Long[0, 40_000_000_000], Gen.Long[0, long.MaxValue / 4], Gen.Bool).Select((from, length, amount, wakes) => new MachineInterval
    {
        Machine = "web-1",
        Service = "web",
        State = MachineState.Running,
        Begin = Noon.AddMicroseconds(from),
        End = Noon.AddMicroseconds(from + length),
        Cause = SignalKind.Connection,
        IsWake = wakes,
        Usage = new MachineUsage { ProcessorUs = amount, MemoryKibMs = amount / 3, NetworkReceivedBytes = amount / 7, NetworkSentBytes = amount % 1_000 },
    });

    [Fact]
    public void The_hours_of_an_interval_have_all_of_it_and_nothing_twice() => Closed.Sample(interval =>
    {
        var hours = Slices.Hours(interval).ToList();

        Assert.Equal((interval.End!.Value - interval.Begin).Ticks / 10, hours.Sum(hour => hour.WallUs));
        Assert.Equal(interval.Usage, hours.Aggregate(new MachineUsage(), (sum, hour) => sum + hour.Usage));
        Assert.Equal(1, hours.Sum(hour => hour.Begun));
        Assert.Equal(interval.IsWake ? 1 : 0, hours.Sum(hour => hour.Wakes.GetValueOrDefault(SignalKind.Connection)));
        Assert.Equal(hours.Select(hour => hour.Hour), hours.Select(hour => hour.Hour).Distinct().Order());
        Assert.All(hours, hour => Assert.Equal((0L, true), (hour.Hour.UtcTicks % TimeSpan.TicksPerHour, hour.WallUs is >= 0 and <= 3_600_000_000)));
    });

    [Fact]
    public void What_is_cut_off_and_what_is_left_are_all_of_it() => Gen.Select(Closed, Gen.Long[0, 60_000_000_000]).Sample((interval, at) =>
    {
        var moment = Noon.AddMicroseconds(at);
        var left = Slices.After(interval, moment, now: Noon);

        Assert.Equal(moment >= interval.End && moment > interval.Begin, left is null);
        if (left is not null)
        {
            Assert.Equal((interval.Begin > moment ? interval.Begin : moment, interval.End), (left.Begin, left.End));
            Assert.InRange(left.Usage!.ProcessorUs, 0, interval.Usage!.ProcessorUs);
        }
    });

    [Fact]
    public void Half_an_interval_used_half_and_is_no_wake()
    {
        var interval = new MachineInterval
        {
            Machine = "web-1",
            Service = "web",
            State = MachineState.Running,
            Begin = Noon,
            Cause = SignalKind.Connection,
            IsWake = true,
            Usage = new MachineUsage { ProcessorUs = 1_000, MemoryKibMs = 600, NetworkSentBytes = 10 },
        };

        var half = Slices.After(interval, Noon.AddSeconds(5), now: Noon.AddSeconds(10))!;

        Assert.Equal((500L, 300L, 5L, false), (half.Usage!.ProcessorUs, half.Usage.MemoryKibMs, half.Usage.NetworkSentBytes, half.IsWake));
        Assert.Equal(Noon.AddSeconds(10), half.End);
        Assert.True(Slices.After(interval, null, Noon.AddSeconds(10))!.IsWake);
    }

    [Theory]
    [InlineData(MachineState.Imaginary, MachineState.Waiting, true)]
    [InlineData(MachineState.Waiting, MachineState.Starting, false)]
    [InlineData(MachineState.Frozen, MachineState.Running, true)]
    [InlineData(MachineState.Frozen, MachineState.Stopping, false)]
    [InlineData(MachineState.Failed, MachineState.Imaginary, false)]
    [InlineData(MachineState.Stopped, MachineState.Starting, true)]
    public void A_wake_leads_from_rest_to_work(MachineState from, MachineState to, bool wakes) => Assert.Equal(wakes, MachineInterval.Wakes(from, to));

    [Fact]
    public void A_moment_is_cut_to_the_microsecond()
    {
        var whole = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(123_450);

        Assert.Equal(whole, Slices.Whole(whole.AddTicks(9)));
        Assert.Equal(whole, Slices.Whole(whole));
    }
}
