namespace Figment.Api.Contract;

/// <summary>What was copied of a machine that moves, while it ran.</summary>
public sealed record MoveRound
{
    /// <summary>From 1 on.</summary>
    public required int Number { get; init; }

    /// <summary><c>memory</c> or <c>files</c>.</summary>
    public required string Of { get; init; }

    /// <summary>All that there was in the first round of memory and of files, then what had been written since.</summary>
    public required long Bytes { get; init; }

    /// <summary>That went to the other node: of pages of zeros it is only said that they are.</summary>
    public required long SentBytes { get; init; }

    public required double Ms { get; init; }

    /// <summary>What the machine wrote meanwhile, as the next round found it; null: none has yet.</summary>
    public long? WrittenBytes { get; init; }
}
