using Figment.Bench.Ensembles;

namespace Figment.Bench.Tests;

/// <summary>The table of recoveries.</summary>
public sealed class RecoveryRunTests
{
    [Fact]
    public void A_line_of_the_table_is_read_as_it_was_written()
    {
        var run = new RecoveryRun("2026-11-26T10:00:00Z", "abc1234", "docker", 1349, 2, 3892, 1, 0, 59.4);

        Assert.Equal(run, RecoveryRun.Parse(run.ToLine()));
        Assert.Equal(RecoveryRun.Header.Split('\t').Length, run.ToLine().Split('\t').Length);
    }
}
