namespace Figment.Simulation.Traces;

/// <summary>Bounds of what is read.</summary>
public static class TraceLimits
{
    /// <summary>A request takes some 60 bytes of memory: more than this is sampled first.</summary>
    public const int RequestsMax = 20_000_000;

    /// <summary>The longest line of a combined log has a URL and a user agent of 8 KiB each.</summary>
    public const int LineCharactersMax = 64 * 1_024;

    /// <summary>Of a service's or client's name.</summary>
    public const int NameCharactersMax = 255;

    /// <summary>A year and a month: what the ledger keeps.</summary>
    public const long AtSecondsMax = 400L * 24 * 3_600;

    /// <summary>No request takes longer than a day.</summary>
    public const long DurationMsMax = 24L * 3_600 * 1_000;

    public const int ServicesMax = 10_000;
}
