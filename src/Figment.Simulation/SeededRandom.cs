namespace Figment.Simulation;

/// <summary>SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): the same numbers from the same seed, whatever the runtime. One thread.</summary>
public sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 to below 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>From 0 to below <paramref name="below"/>.</summary>
    public int Next(int below) => (int)(NextDouble() * below);

    /// <summary>Time to the next of events that come at random, so many in a unit of time.</summary>
    public double NextExponential(double rate) => -Math.Log(1 - NextDouble()) / rate;

    /// <summary>Of mean 0 and deviation 1 (Box and Muller).</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());
}
