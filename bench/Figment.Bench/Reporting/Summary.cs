namespace Figment.Bench.Reporting;

/// <summary>Median and quartiles of one side's runs.</summary>
internal sealed record Summary(int Runs, double Median, double LowerQuartile, double UpperQuartile, double Percentile99)
{
    public static Summary Of(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Summary(sorted.Length, Quantile(sorted, 0.5), Quantile(sorted, 0.25), Quantile(sorted, 0.75), Quantile(sorted, 0.99));
    }

    /// <summary>Linear between neighbours.</summary>
    public static double Quantile(IReadOnlyList<double> sorted, double share)
    {
        double place = share * (sorted.Count - 1);
        int below = (int)place;
        return below + 1 == sorted.Count ? sorted[below] : sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below]));
    }
}
