using Figment.Model.Signals;
using Figment.Model.States;
using Figment.Node.Journal;
using Figment.Node.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Figment.Node.Tests.Journal;

public sealed class TotalsTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 30, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Start);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Sums_are_the_same_before_and_after_hours_are_folded()
    {
        using var journal = NodeJournal.Open(_folder.At("journal.db"), _time);
        long sequence = 0;
        for (int number = 0; number < 40; number++)
        {
            _time.Advance(TimeSpan.FromMinutes(7));
            bool toRunning = number % 2 == 0;
            journal.ImportEvents(
                "shop",
                1,
                [
                    new MachineEvent
                    {
                        Sequence = ++sequence,
                        At = _time.GetUtcNow(),
                        Machine = "web-1",
                        From = toRunning ? MachineState.Frozen : MachineState.Running,
                        To = toRunning ? MachineState.Running : MachineState.Frozen,
                        Cause = new Signal { Kind = toRunning ? number < 10 ? SignalKind.Connection : SignalKind.Data : SignalKind.Idle },
                        Spent = toRunning ? null : new MachineUsage { ProcessorUs = 1_001 },
                    },
                ],
                sequence);
        }

        var before = Sums(journal);
        Assert.Equal((20 * 7 * 60_000_000L, 20_020L), before[MachineState.Running]);
        Assert.Equal((20, SignalKind.Data, (DateTimeOffset?)_time.GetUtcNow().AddMinutes(-7)), Wakes(journal));
        Assert.Equal(MachineState.Frozen, Assert.Single(journal.Totals().Open).Interval.State);

        _time.Advance(TimeSpan.FromHours(30));
        journal.FoldIntervals(_time.GetUtcNow());

        Assert.DoesNotContain(journal.Intervals("shop", null), interval => interval.End is not null);
        Assert.Equal(before, Sums(journal));
        Assert.Equal((20, null, null), Wakes(journal));
        Assert.Empty(journal.Wakes("other"));
        Assert.Single(journal.Wakes(null));
    }

    private static Dictionary<MachineState, (long WallUs, long ProcessorUs)> Sums(NodeJournal journal) =>
        journal.Totals().Ended.GroupBy(total => total.State).ToDictionary(group => group.Key, group => (group.Sum(total => total.WallUs), group.Sum(total => total.Usage.ProcessorUs)));

    private static (long Count, SignalKind? Cause, DateTimeOffset? At) Wakes(NodeJournal journal)
    {
        var wakes = Assert.Single(journal.Wakes("shop"));
        Assert.Equal(("shop", "web-1"), (wakes.Application, wakes.Machine));
        return (wakes.Count, wakes.LastCause, wakes.LastAt);
    }
}
