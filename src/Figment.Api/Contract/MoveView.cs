namespace Figment.Api.Contract;

/// <summary>A machine's move from this node to another.</summary>
public sealed record MoveView
{
    public required string Id { get; init; }

    public required string Application { get; init; }

    public required string Machine { get; init; }

    /// <summary>Where it goes.</summary>
    public required string Node { get; init; }

    /// <summary><c>preparing</c>, <c>copying</c>, <c>standing</c>, <c>dumping</c>, <c>holding</c>, <c>ruling</c>, <c>committed</c>, <c>done</c>, <c>aborted</c>.</summary>
    public required string Phase { get; init; }

    public required DateTimeOffset Begun { get; init; }

    public long SentBytes { get; init; }

    /// <summary>The phases so far, each with its milliseconds.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Phases { get; init; } = [];

    public IReadOnlyList<MoveRound> Rounds { get; init; } = [];

    /// <summary>For how long it will stand still, if it does after the last round; null: nothing is known yet, or any more.</summary>
    public double? EstimatedDowntimeMs { get; init; }

    /// <summary>For how long it has stood still, until it runs as far as this node has heard; null: it has not yet.</summary>
    public double? DowntimeMs { get; init; }

    /// <summary>Why it stays where it was.</summary>
    public string? Reason { get; init; }
}
