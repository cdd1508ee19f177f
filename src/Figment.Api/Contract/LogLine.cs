namespace Figment.Api.Contract;

/// <summary>One object of <c>log.jsonl</c>.</summary>
public sealed record LogLine
{
    public required DateTimeOffset At { get; init; }

    /// <summary><c>stdout</c>, <c>stderr</c>, or <c>figment</c> for a note of the box.</summary>
    public required string Stream { get; init; }

    public required string Line { get; init; }

    /// <summary>The program's line was longer; the next object goes on with it.</summary>
    public bool Partial { get; init; }
}
