using System.Globalization;
using Figment.Api.Contract;

namespace Figment.Cli.Output;

/// <summary>A move in words.</summary>
internal static class MoveText
{
    /// <summary>Its phase; while it is copied the last round, and for how long it would stand still after it.</summary>
    public static string Status(MoveView move) => move switch
    {
        { Phase: "copying", Rounds: [.., var last] } => $"copying: {Round(move.Rounds, last)}{Estimate(move)}",
        { Phase: "aborted", Reason: { } reason } => $"aborted: {reason}",
        _ => move.Phase,
    };

    /// <summary>What it took, in a line.</summary>
    public static string Summary(MoveView move) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Units.Bytes(move.SentBytes)} in {Phases(move).Sum(phase => phase.Value) / 1000:0.0} s, of which it stood still {move.DowntimeMs ?? 0:0} ms");

    /// <summary>Its phases, each with what it took; it stood still in those behind the copying.</summary>
    public static string Timeline(MoveView move) => string.Join(", ", Phases(move).Select(phase => $"{phase.Key} {Ms(phase.Value)}"));

    private static IEnumerable<KeyValuePair<string, double>> Phases(MoveView move) => move.Phases.Where(phase => phase.Key is not ("done" or "aborted"));

    private static string Round(IReadOnlyList<MoveRound> rounds, MoveRound round)
    {
        string what = rounds.First(one => one.Of == round.Of) == round ? $"{Units.Bytes(round.Bytes)} of {round.Of}" : $"{Units.Bytes(round.Bytes)} of {round.Of} written meanwhile";
        string rate = round.Ms > 0 ? $" ({Units.Bytes(round.SentBytes / round.Ms * 1000)}/s)" : "";
        return string.Create(CultureInfo.InvariantCulture, $"round {round.Number}, {what}, in {Ms(round.Ms)}{rate}");
    }

    private static string Estimate(MoveView move) => move.EstimatedDowntimeMs is { } ms ? $"; would stand still for some {Ms(ms)}" : "";

    private static string Ms(double ms) => string.Create(CultureInfo.InvariantCulture, $"{ms:0} ms");
}
