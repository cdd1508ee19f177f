namespace Figment.Model.Specs;

public sealed record RestartSpec
{
    public RestartPolicy Policy { get; init; }

    /// <summary>0: no bound.</summary>
    public int MaxAttempts { get; init; }

    public long DelayMs { get; init; }

    public long WindowMs { get; init; }
}
