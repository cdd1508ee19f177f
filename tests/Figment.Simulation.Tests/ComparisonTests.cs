using System.Diagnostics;
using System.Globalization;
using Figment.Model.Specs;
using Figment.Simulation.Comparison;
using Figment.Simulation.Traces;

namespace Figment.Simulation.Tests;

/// <summary>The trace test: a bursty trace under always-on machines, the paper's mix of machines and functions, and Figment.</summary>
public sealed class ComparisonTests(ITestOutputHelper output)
{
    /// <summary>The service of docs/simulation.md.</summary>
    internal static ServicePlan Web { get; } = new()
    {
        Name = "web",
        Machines = 48,
        Idle = new IdleSpec { FreezeAfterMs = 1_000 },
        Elastic = new ElasticSpec { Min = 1, Max = 48, ConnectionsTarget = 2, ScaleInAfterMs = 5_000, ReleaseAfterMs = 10_000 },
        Program = new ProgramModel { Concurrency = 4 },
    };

    [Fact]
    public void Figment_saves_more_than_machines_and_functions_at_each_level_and_nobody_waits_longer()
    {
        var clock = Stopwatch.StartNew();
        var result = new Comparer([Web], BurstyTrace.Make(new BurstySpec()), Prices.Shipped, new FunctionModel()).Run(new SimulationOptions());
        foreach (var row in result.Rows)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Policy,-26} {row.Machines,3} {row.HostSeconds,9:0} {row.FrozenSeconds,7:0} {row.Cost:0.0000} {string.Join(' ', row.Saved.Select(saved => $"{saved:0.000}"))} {row.P50Us / 1e3:0.0} {row.P99Us / 1e3:0.0} {row.MaxUs / 1e3:0} {row.Answered} {row.Refused} {row.Failed}"));
        }

        output.WriteLine($"{result.Requests} requests, share {result.MixShare}, {clock.Elapsed.TotalSeconds:0.0} s, {result.Figment.Decisions} decisions, {result.Figment.HappeningsCount} happenings, wakes {result.Figment.Wakes}");
    }
}
