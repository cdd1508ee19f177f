namespace Figment.Node.Logs;

/// <summary>What of a log is wanted.</summary>
public sealed record LogQuery
{
    /// <summary>Only the last so many lines of what is there; null: all.</summary>
    public int? Tail { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>Go on with what comes.</summary>
    public bool Follow { get; init; }
}
