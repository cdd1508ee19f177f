using System.Collections.Immutable;
using Figment.Bench.Spikes;

namespace Figment.Bench.Tests;

/// <summary>What is made of the load probe's lines, and when a throughput counts as reached.</summary>
public sealed class SpikeRunTests
{
    private const int BinsBefore = SpikeRun.BeforeMs / SpikeRun.BinMs;

    [Fact]
    public void Requests_are_counted_when_they_are_answered_and_timed_from_when_they_were_due()
    {
        var run = SpikeRun.Of("round", "revision", "side", loadSeconds: 4,
        [
            // Moment and time in microseconds, status, worker.
            "-1500000\t50000\t200\tweb-1",
            "-2500000\t50000\t200\tweb-9",
            "0\t150000\t200\tweb-1",
            "100000\t400000\t503\t-",
            "2000000\t60000\t200\tweb-2",
            "3900000\t20000\t200\tweb-3",
            "3950000\t90000\t200\tweb-4",
            "3960000\t60000000\tTaskCanceledException\t-",
        ]);

        Assert.Equal(8, run.Requests);
        Assert.Equal(2, run.Failed);
        Assert.Equal(2, run.WorkersBefore);
        Assert.Equal(2, run.WorkersAfter);
        Assert.Equal(275, run.FirstP50Ms);
        Assert.Equal(75, run.AfterP50Ms);
        Assert.Equal(BinsBefore + 40, run.Completed.Length);
        Assert.Equal(
            [(-15, 1), (1, 1), (20, 1), (39, 1)],
            run.Completed.Select((count, bin) => (bin - BinsBefore, count)).Where(bin => bin.count > 0));
        Assert.Equal(1.0, run.AfterPerSecond);
    }

    [Fact]
    public void A_line_of_the_table_is_read_as_it_was_written()
    {
        var run = Of([5, 60, 60]);

        Assert.Equal(run.ToLine(), SpikeRun.Parse(run.ToLine()).ToLine());
        Assert.Equal(SpikeRun.Header.Split('\t').Length, run.ToLine().Split('\t').Length);
    }

    [Fact]
    public void A_throughput_is_reached_with_the_first_interval_of_a_second_that_has_it()
    {
        Assert.Equal(0.4, Of([8, 8, 30, .. Enumerable.Repeat(60, 20)]).SecondsToReach(600));
        Assert.Equal(0.1, Of([.. Enumerable.Repeat(57, 20)]).SecondsToReach(600));
    }

    [Fact]
    public void What_is_worked_off_later_makes_up_for_nothing()
    {
        int[] halting = [60, 0, 120, 0, 120, 0, 120, 0, 120, 0, .. Enumerable.Repeat(60, 12)];

        Assert.Equal(1.1, Of(halting).SecondsToReach(600));
    }

    [Fact]
    public void A_throughput_that_does_not_last_a_second_is_not_reached()
    {
        Assert.Null(Of([.. Enumerable.Repeat(56, 40)]).SecondsToReach(600));
        Assert.Null(Of([.. Enumerable.Repeat(8, 35), .. Enumerable.Repeat(60, 5)]).SecondsToReach(600));
    }

    private static SpikeRun Of(IEnumerable<int> afterTheStep) => new()
    {
        Round = "2026-11-26T10:00:00Z",
        Revision = "abc1234",
        Side = "figment",
        Requests = 100,
        Failed = 0,
        WorkersBefore = 1,
        WorkersAfter = 12,
        FirstP50Ms = 54.3,
        FirstP99Ms = 500,
        AfterP50Ms = 53.1,
        AfterP99Ms = 60.2,
        AfterPerSecond = 600,
        Completed = [.. Enumerable.Repeat(5, BinsBefore).Concat(afterTheStep).ToImmutableArray()],
    };
}
