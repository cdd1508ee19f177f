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
        var requests = BurstyTrace.Make(new BurstySpec());
        var result = new Comparer([Web], requests, Prices.Shipped, new FunctionModel()).Run(new SimulationOptions());
        var (mix, figment) = (result.Rows[^2], result.Rows[^1]);
        foreach (var row in result.Rows)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"simulated | {row.Policy} | {row.Machines} | {row.HostSeconds:0} | {row.FrozenSeconds:0} | {row.Cost:0.0000} | {string.Join(" | ", row.Saved.Select(saved => $"{100 * saved:0.0} %"))} | {row.P50Us / 1e3:0.0} ms | {row.P99Us / 1e3:0.0} ms | {row.Refused} | {row.Failed}"));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Requests} requests in {clock.Elapsed.TotalSeconds:0.0} s, {result.Figment.Decisions} decisions, {result.Figment.Wakes} wakes, {100 * result.MixShare:0} % of the peak always on"));
        Assert.Equal(["always on, 90 %", "always on, 95 %", "always on, 99 %", "always on, 100 %", "always on and functions", "figment"], result.Rows.Select(row => row.Policy));
        Assert.All(result.Rows, row => Assert.Equal((requests.Count, 0, 0), (row.Answered, row.Refused, row.Failed)));

        // More is saved at each level than the paper's policy saves, and something at all of them.
        Assert.All(Enumerable.Range(0, Comparer.Levels.Count), level => Assert.True(figment.Saved[level] > Math.Max(0, mix.Saved[level]), $"{Comparer.Levels[level]} %: {figment.Saved[level]} and {mix.Saved[level]}"));

        // So it is if a second of a machine costs the same for everybody, frozen or not.
        decimal second = result.Rows[3].Cost / (decimal)result.Rows[3].HostSeconds;
        decimal alike = (decimal)(figment.HostSeconds + figment.FrozenSeconds) * second;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"figment by the second of an always-on machine: {alike:0.0000}"));
        Assert.True(alike < mix.Cost && alike < result.Rows[0].Cost, $"{alike}");

        // And nobody's 99th percentile is better, not even that of machines for the whole peak.
        Assert.All(result.Rows, row => Assert.True(figment.P99Us <= row.P99Us, $"{row.Policy}: {row.P99Us} µs, figment {figment.P99Us} µs"));

        // What is compared is what it says: fewer machines are enough for less of the time, and make requests wait.
        Assert.Equal(result.Rows.Take(4).Select(row => row.Machines).Order(), result.Rows.Take(4).Select(row => row.Machines));
        Assert.True(result.Rows[0].P99Us > 10 * result.Rows[3].P99Us);
        Assert.All(Enumerable.Range(0, 4), level => Assert.Equal(0, result.Rows[level].Saved[level], 9));
    }

    [Fact]
    public void The_trace_rises_by_two_orders_of_magnitude_within_five_seconds()
    {
        var requests = BurstyTrace.Make(new BurstySpec());
        int[] seconds = new int[3_600];
        foreach (var request in requests)
        {
            seconds[request.AtUs / 1_000_000]++;
        }

        // Of a Poisson process at its base; five seconds later a hundred times the base.
        Assert.Contains(Enumerable.Range(0, seconds.Length - 6), second => seconds[second] <= 15 && seconds[second + 6] >= 900);
        Assert.Equal(requests, BurstyTrace.Make(new BurstySpec()));
        Assert.NotEqual(requests, BurstyTrace.Make(new BurstySpec { Seed = 2 }));
    }

    [Fact]
    public void Functions_take_what_machines_have_no_room_for_and_are_billed_while_they_do()
    {
        var web = new ServicePlan { Name = "web", Program = new ProgramModel { Concurrency = 1 } };

        // One machine is busy all of the time, a second request overlaps the first and the third.
        TraceRequest[] trace = [new(0, "web", 100_000_000, null), new(1_000_000, "web", 1_000_000, null), new(5_000_000, "web", 1_000_000, null)];
        var result = new Comparer([web], trace, Prices.Shipped, new FunctionModel { ConnectUs = 0 }).Run(new SimulationOptions());
        var mix = result.Rows[^2];

        // A second of half a GiB is 0.0000083 of Lambda and 0.0000014 of a machine: two seconds of a function are cheaper than a second machine for 101.
        Assert.Equal((1, 101.0 + 2), (mix.Machines, mix.HostSeconds), (left, right) => left.Item1 == right.Item1 && Math.Abs(left.Item2 - right.Item2) < 1e-6);
        Assert.Equal((101 * 0.0052m / 3_600) + (2 * 0.5m * 0.0000166667m), mix.Cost, 9);

        // The first time it is cold, the second time warm.
        Assert.Equal((100_000_000, 1_200_000), (mix.MaxUs, mix.P50Us));
    }

    [Fact]
    public void Demand_is_what_is_in_service_at_once_second_by_second()
    {
        var web = new ServicePlan { Name = "web", Program = new ProgramModel { Concurrency = 2 } };

        // In one of ten seconds six at once, else one.
        TraceRequest[] trace = [.. Enumerable.Range(0, 10).SelectMany(second => Enumerable.Range(0, second == 4 ? 6 : 1).Select(_ => new TraceRequest(second * 1_000_000L, "web", 500_000, null)))];
        var result = new Comparer([web], trace, Prices.Shipped, new FunctionModel()).Run(new SimulationOptions { HorizonUs = 10_000_000 });

        Assert.Equal([1, 3, 3, 3], result.Rows.Take(4).Select(row => row.Machines));
        Assert.Equal([10.0, 30, 30, 30], result.Rows.Take(4).Select(row => row.HostSeconds));
    }

    [Fact]
    public void What_the_trace_does_not_ask_runs_all_of_the_time_where_there_is_no_figment()
    {
        ServicePlan web = new() { Name = "web" }, db = new() { Name = "db", Machines = 2 };
        TraceRequest[] trace = [new(1_000_000, "web", 50_000, null)];
        var options = new SimulationOptions { HorizonUs = 100_000_000 };
        var alone = new Comparer([web], trace, Prices.Shipped, new FunctionModel()).Run(options);
        var both = new Comparer([web, db], trace, Prices.Shipped, new FunctionModel()).Run(options);

        Assert.All(alone.Rows.Zip(both.Rows).Take(5), rows => Assert.Equal((rows.First.Machines + 2, rows.First.HostSeconds + 200), (rows.Second.Machines, rows.Second.HostSeconds)));
        Assert.Equal(alone.Rows[^1].HostSeconds, both.Rows[^1].HostSeconds);
        Assert.True(both.Rows[0].Cost > alone.Rows[0].Cost);
    }
}
