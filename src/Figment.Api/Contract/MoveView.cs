namespace Figment.Api.Contract;

/// <summary>A machine's move from this node to another.</summary>
public sealed record MoveView
{
    public required string Id { get; init; }

    public required string Application { get; init; }

    public required string Machine { get; init; }

    /// <summary>Where it goes.</summary>
    public required string Node { get; init; }

    /// <summary><c>preparing</c>, <c>copying</c>, <c>dumping</c>, <c>holding</c>, <c>ruling</c>, <c>committed</c>, <c>done</c>, <c>aborted</c>.</summary>
    public required string Phase { get; init; }

    public required DateTimeOffset Begun { get; init; }

    public long SentBytes { get; init; }

    /// <summary>The phases so far, each with its milliseconds.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Phases { get; init; } = [];
}
