using Figment.Bench.Reporting;

namespace Figment.Bench.Tests;

public sealed class PairedRatioTests
{
    /// <summary>Of the 36 means in their order the 18th and 19th, and by the normal approximation the fifth from either end.</summary>
    [Fact]
    public void It_is_the_median_of_the_means_of_all_pairs()
    {
        double[] reference = [1, 1, 1, 1, 1, 1, 1, 1];
        double[] side = [.. new[] { -0.03, 0.01, 0.02, 0.02, 0.05, -0.01, 0.04, 0.00 }.Select(Math.Exp)];

        var ratio = PairedRatio.Of(side, reference);

        Assert.Equal(0.0125, Math.Log(ratio.Ratio), 1e-9);
        Assert.Equal(-0.01, Math.Log(ratio.Low), 1e-9);
        Assert.Equal(0.035, Math.Log(ratio.High), 1e-9);
    }

    [Fact]
    public void Pairs_that_drift_together_are_equal_and_a_disturbed_run_weighs_little()
    {
        double[] reference = [.. Enumerable.Range(1, 40).Select(run => (double)run)];
        double[] side = [.. reference.Select((value, run) => run == 7 ? value * 50 : value * (run % 2 == 0 ? 1.001 : 0.999))];

        var ratio = PairedRatio.Of(side, reference);

        Assert.True(ratio.IsEquivalent, ratio.ToString());
        Assert.False(PairedRatio.Of([.. side.Select(value => value * 1.03)], reference).IsEquivalent);
    }

    [Fact]
    public void Of_few_runs_the_interval_is_all_that_there_is() =>
        Assert.Equal((1.0, 4.0), (Math.Round(PairedRatio.Of([1, 2, 4], [1, 1, 1]).Low, 9), Math.Round(PairedRatio.Of([1, 2, 4], [1, 1, 1]).High, 9)));
}
