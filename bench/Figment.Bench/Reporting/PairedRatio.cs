namespace Figment.Bench.Reporting;

/// <summary>
/// By how much one side's runs exceed another's that were made beside them: the Hodges-Lehmann estimate over the logarithms of the paired ratios (the median of the means of all pairs of them),
/// with its 95 % interval by Wilcoxon's signed ranks. Single runs that were disturbed weigh little.
/// </summary>
internal sealed record PairedRatio(double Ratio, double Low, double High)
{
    /// <summary>Two sides are equivalent if the whole interval lies within this of equality.</summary>
    public const double Margin = 0.02;

    /// <summary>Of the standard normal distribution, for 95 %.</summary>
    private const double Deviations = 1.96;

    public bool IsEquivalent => Low > 1 - Margin && High < 1 + Margin;

    public static PairedRatio Of(IReadOnlyList<double> side, IReadOnlyList<double> reference)
    {
        double[] logs = [.. side.Zip(reference, (value, other) => Math.Log(value / other))];
        double[] means = [.. logs.SelectMany((one, index) => logs[index..].Select(other => (one + other) / 2))];
        Array.Sort(means);
        double runs = logs.Length;

        // Of five runs and fewer all that there is.
        int left = (int)Math.Max(0, (means.Length / 2.0) - (Deviations * Math.Sqrt(runs * (runs + 1) * ((2 * runs) + 1) / 24)));
        return new PairedRatio(Math.Exp(Summary.Quantile(means, 0.5)), Math.Exp(means[left]), Math.Exp(means[^(left + 1)]));
    }
}
