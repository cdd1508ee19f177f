using System.Globalization;
using Figment.Api.Contract;
using Figment.Node.Journal;

namespace Figment.Node.Moves;

/// <summary>How long a machine that moves will stand still: what is left to send, and what a dump, a restore and the words between the nodes take, as earlier moves from this node have shown. Any thread.</summary>
internal sealed class Standstill(NodeJournal journal)
{
    private const string Key = "move-standstill-ms";

    /// <summary>Of a small machine between two nodes on one wire; the first move knows better.</summary>
    private const double FirstGuessMs = 200;

    /// <summary>What a new move tells counts so much: single ones are slow for reasons of their own.</summary>
    private const double Weight = 0.25;

    private readonly Lock _lock = new();
    private double? _overheadMs = journal.GetMeta(Key) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>Null: nothing has been copied yet, so what is left is not known.</summary>
    public double? EstimateMs(IReadOnlyList<MoveRound> rounds)
    {
        double overhead;
        lock (_lock)
        {
            overhead = _overheadMs ?? FirstGuessMs;
        }

        return BytesPerMs(rounds) is { } rate ? overhead + (rounds.GroupBy(round => round.Of).Sum(of => Rest([.. of])) / rate) : null;
    }

    /// <summary>A move is done.</summary>
    public void Learn(MoveTimes times)
    {
        if (times.DowntimeMs() is not { } downtime || BytesPerMs(times.Rounds()) is not { } rate)
        {
            return;
        }

        double seen = Math.Max(0, downtime - (times.StandingBytes / rate));
        lock (_lock)
        {
            _overheadMs = _overheadMs is { } known ? known + ((seen - known) * Weight) : seen;
            journal.SetMeta(Key, _overheadMs.Value.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>With what reading and writing at both ends takes; null: nothing has been sent.</summary>
    private static double? BytesPerMs(IReadOnlyList<MoveRound> rounds) =>
        (rounds.Sum(round => round.SentBytes), rounds.Sum(round => round.Ms)) is (> 0, > 0) and var (bytes, ms) ? bytes / ms : null;

    /// <summary>As much is written during the last round as in the same time before; until that is known all may be.</summary>
    private static double Rest(IReadOnlyList<MoveRound> rounds) =>
        rounds is [.., { Ms: > 0 } before, var last] ? Math.Min(last.Bytes / before.Ms * last.Ms, rounds[0].Bytes) : rounds[^1].Bytes;
}
