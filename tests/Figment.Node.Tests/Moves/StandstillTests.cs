using Figment.Api.Contract;
using Figment.Node.Journal;
using Figment.Node.Moves;
using Figment.Node.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Figment.Node.Tests.Moves;

/// <summary>What a move tells of itself while it is under way.</summary>
public sealed class StandstillTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_round_has_what_was_written_while_it_went_once_the_next_has_found_it()
    {
        var times = Copied();

        Assert.Equal(
            [
                new MoveRound { Number = 1, Of = "files", Bytes = 1_000, SentBytes = 2_000, Ms = 10, WrittenBytes = 500 },
                new MoveRound { Number = 2, Of = "memory", Bytes = 100_000, SentBytes = 80_000, Ms = 100, WrittenBytes = 20_000 },
                new MoveRound { Number = 3, Of = "files", Bytes = 500, SentBytes = 0, Ms = 5 },
                new MoveRound { Number = 4, Of = "memory", Bytes = 20_000, SentBytes = 20_000, Ms = 20 },
            ],
            times.Rounds());
    }

    [Fact]
    public void It_stands_still_from_when_its_packets_wait_until_it_runs_or_stays()
    {
        var times = Copied();
        Assert.Null(times.DowntimeMs());
        times.StandStill();
        _time.Advance(TimeSpan.FromMilliseconds(40));
        Assert.Equal(40, times.DowntimeMs());
        times.Begin("dumping");
        _time.Advance(TimeSpan.FromMilliseconds(60));
        times.Begin("done");
        _time.Advance(TimeSpan.FromMilliseconds(1_000));

        Assert.Equal(100, times.DowntimeMs());
        Assert.Equal([("preparing", 30), ("copying", 135), ("standing", 40), ("dumping", 60), ("done", 1_000)], times.Read());
    }

    [Fact]
    public void Called_off_before_it_stands_still_it_never_has()
    {
        var times = Copied();
        times.Begin("aborted");
        times.StandStill();

        Assert.Null(times.DowntimeMs());
        Assert.Equal("aborted", times.Read()[^1].Phase);
    }

    [Fact]
    public void What_is_left_goes_at_the_rate_so_far_and_the_rest_is_learnt_and_outlives_the_daemon()
    {
        var times = Copied();
        double rate = 102_000 / 135.0;
        double left = (20_000 / 100.0 * 20) + (500 / 10.0 * 5);
        using (var journal = NodeJournal.Open(_folder.At("journal.db"), _time))
        {
            var standstill = new Standstill(journal);
            Assert.Null(standstill.EstimateMs([]));
            double guessed = standstill.EstimateMs(times.Rounds())!.Value - (left / rate);

            times.StandStill();
            times.Count((int)(rate * 10));
            _time.Advance(TimeSpan.FromMilliseconds(90));
            times.Begin("done");
            standstill.Learn(times);

            Assert.InRange(guessed, 1, 1_000);
            Assert.Equal(80 + (left / rate), standstill.EstimateMs(times.Rounds())!.Value, tolerance: 0.1);
        }

        using var again = NodeJournal.Open(_folder.At("journal.db"), _time);
        Assert.Equal(80 + (left / rate), new Standstill(again).EstimateMs(times.Rounds())!.Value, tolerance: 0.1);
    }

    [Fact]
    public void After_one_round_all_of_it_may_be_left()
    {
        using var journal = NodeJournal.Open(_folder.At("journal.db"), _time);
        var standstill = new Standstill(journal);
        MoveRound first = new() { Number = 1, Of = "memory", Bytes = 100_000, SentBytes = 50_000, Ms = 100 };
        MoveRound second = new() { Number = 2, Of = "memory", Bytes = 1_000, SentBytes = 1_000, Ms = 2 };

        double one = standstill.EstimateMs([first])!.Value;
        double two = standstill.EstimateMs([first, second])!.Value;

        Assert.Equal(200 - (20 / 500.0), one - two, tolerance: 1);
    }

    /// <summary>Two rounds of files and two of memory.</summary>
    private MoveTimes Copied()
    {
        var times = new MoveTimes(_time);
        _time.Advance(TimeSpan.FromMilliseconds(30));
        times.Begin("copying");
        Round(isMemory: false, ms: 10, bytes: 1_000, sent: 2_000);
        Round(isMemory: true, ms: 100, bytes: 100_000, sent: 80_000);
        Round(isMemory: false, ms: 5, bytes: 500, sent: 0);
        Round(isMemory: true, ms: 20, bytes: 20_000, sent: 20_000);
        return times;

        void Round(bool isMemory, int ms, long bytes, int sent)
        {
            times.Count(sent);
            _time.Advance(TimeSpan.FromMilliseconds(ms));
            times.EndRound(isMemory, bytes);
        }
    }
}
