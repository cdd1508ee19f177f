namespace Figment.Simulation.Results;

/// <summary>Times from a request to its answer, all of them: percentiles are exact.</summary>
public sealed class Latencies
{
    private readonly long[] _sortedUs;

    public Latencies(IEnumerable<long> us)
    {
        _sortedUs = [.. us];
        Array.Sort(_sortedUs);
    }

    public int Count => _sortedUs.Length;

    public long MaxUs => _sortedUs.Length == 0 ? 0 : _sortedUs[^1];

    /// <summary>The smallest that at least so many per cent do not exceed; 0 without any.</summary>
    public long PercentileUs(double percent) =>
        _sortedUs.Length == 0 ? 0 : _sortedUs[Math.Clamp((int)Math.Ceiling(percent / 100 * _sortedUs.Length) - 1, 0, _sortedUs.Length - 1)];
}
