namespace Figment.Bench.Reporting;

/// <summary>Geometric mean of paired ratios with its 95 % interval from resampling the pairs (percentile bootstrap, fixed seed).</summary>
internal sealed record PairedRatio(double Ratio, double Low, double High)
{
    /// <summary>Two sides are equivalent if the whole interval lies within this of equality.</summary>
    public const double Margin = 0.03;

    private const int Resamples = 4000;
    private const int Seed = 20070839;

    public bool IsEquivalent => Low > 1 - Margin && High < 1 + Margin;

    public static PairedRatio Of(IReadOnlyList<double> side, IReadOnlyList<double> reference)
    {
        double[] logs = [.. side.Zip(reference, (value, other) => Math.Log(value / other))];
        var random = new Random(Seed);
        double[] means = new double[Resamples];
        for (int resample = 0; resample < Resamples; resample++)
        {
            double sum = 0;
            for (int index = 0; index < logs.Length; index++)
            {
                sum += logs[random.Next(logs.Length)];
            }

            means[resample] = sum / logs.Length;
        }

        Array.Sort(means);
        return new PairedRatio(Math.Exp(logs.Average()), Math.Exp(Summary.Quantile(means, 0.025)), Math.Exp(Summary.Quantile(means, 0.975)));
    }
}
