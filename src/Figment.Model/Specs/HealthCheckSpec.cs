namespace Figment.Model.Specs;

/// <summary>Times in milliseconds; the defaults are Docker's.</summary>
public sealed record HealthCheckSpec
{
    /// <summary>What to run; with <see cref="Shell"/> one string for <c>/bin/sh -c</c>. Empty with <see cref="Disable"/>.</summary>
    public IReadOnlyList<string> Test { get; init; } = [];

    public bool Shell { get; init; }

    public bool Disable { get; init; }

    public long IntervalMs { get; init; } = 30_000;

    public long TimeoutMs { get; init; } = 30_000;

    public int Retries { get; init; } = 3;

    public long StartPeriodMs { get; init; }

    public long StartIntervalMs { get; init; } = 5_000;
}
