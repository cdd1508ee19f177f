namespace Figment.Migration.Memory;

/// <summary>When memory that is left is given later. Pure.</summary>
public static class OweRule
{
    /// <summary>In milliseconds that the machine would stand still to send it; what its clients take for a pause.</summary>
    public const double StandMs = 300;

    /// <summary>What the last round has found is about what is left when the machine stands still, and travels as fast.</summary>
    /// <param name="rounds">The pages of each.</param>
    /// <param name="took">All of them.</param>
    public static bool IsSlow(IReadOnlyList<long> rounds, TimeSpan took) => rounds.Count > 0 && rounds.Sum() is > 0 and var sum && took.TotalMilliseconds * rounds[^1] / sum > StandMs;
}
