namespace Figment.Simulation.Traces;

/// <summary>
/// A trace as web sites see it when something of theirs is talked about: few requests, and bursts in which the rate rises by two orders of magnitude within five seconds
/// (what the paper on Boxer, arXiv 2407.00832, tells of the requests that Reddit had in 2015; the trace itself is not public).
/// </summary>
public sealed record BurstySpec
{
    public ulong Seed { get; init; } = 1;

    public long LengthUs { get; init; } = 3_600_000_000;

    public string Service { get; init; } = "web";

    /// <summary>Requests a second between bursts.</summary>
    public double BaseRate { get; init; } = 10;

    /// <summary>So many times the base is the top of the first burst; the others reach a random share of it, on a logarithmic scale from 0.6 to 1.</summary>
    public double Factor { get; init; } = 100;

    /// <summary>From the base to the top, at a constant rate of growth.</summary>
    public long RiseUs { get; init; } = 5_000_000;

    /// <summary>At the top.</summary>
    public long HoldUs { get; init; } = 20_000_000;

    /// <summary>Back to the base, at a constant rate of decay.</summary>
    public long FallUs { get; init; } = 60_000_000;

    public double BurstsPerHour { get; init; } = 12;

    /// <summary>The base swings over a day from this share of it to the whole; 1: it does not.</summary>
    public double NightShare { get; init; } = 1;

    /// <summary>Of the log-normal durations of requests.</summary>
    public long MedianDurationUs { get; init; } = 80_000;

    /// <summary>Standard deviation of the logarithm.</summary>
    public double DurationSigma { get; init; } = 0.5;

    /// <summary>No request takes longer.</summary>
    public long DurationUsMax { get; init; } = 2_000_000;
}
