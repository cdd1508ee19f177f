namespace Figment.Api.Client;

/// <summary>Which lines of a log.</summary>
public sealed record LogQuery
{
    /// <summary>Go on with lines to come.</summary>
    public bool Follow { get; init; }

    /// <summary>Null: all.</summary>
    public int? Tail { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }
}
