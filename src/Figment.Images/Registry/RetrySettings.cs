namespace Figment.Images.Registry;

/// <summary>How patient to be with a registry.</summary>
internal sealed record RetrySettings
{
    /// <summary>Tries of one request after the first. With the delays below about a minute: longer than a registry's restart.</summary>
    public int RetriesMax { get; init; } = 6;

    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    public TimeSpan DelayMax { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A registry may ask for more patience than this; then the pull fails and says so.</summary>
    public TimeSpan RetryAfterMax { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>From request to headers, and for a small answer from headers to its end.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Without any byte of a body.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
