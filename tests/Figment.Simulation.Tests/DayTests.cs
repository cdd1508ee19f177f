using Figment.Model.Specs;
using Figment.Model.States;
using Figment.Simulation.Results;
using Figment.Simulation.Traces;

namespace Figment.Simulation.Tests;

/// <summary>Twenty-four simulated hours in which programs crash, boxes and keepers are killed, and users stop and restart machines.</summary>
public sealed class DayTests(ITestOutputHelper output)
{
    private const long Hour = 3_600L * 1_000_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Time_is_tiled_every_connection_has_an_end_with_its_cause_and_nothing_is_left(ulong seed)
    {
        var trace = Trace(seed);
        var result = Run(seed, trace);

        output.WriteLine($"{trace.Count} requests, {result.Machines.Count} machines, {result.Decisions} decisions, {result.HappeningsCount} happenings, {result.Wakes} wakes, {result.Events.Count} events");
        output.WriteLine("refused: " + string.Join("; ", result.Refused));
        output.WriteLine("failed: " + string.Join("; ", result.Failed));
        Invariants.Assert(result, trace.Count);
        Invariants.AssertLedger(result);
        Assert.Equal(0, result.LeftConnections);
        Assert.All(result.FinalStates, one => Assert.False(one.Value is MachineState.Waiting or MachineState.Starting or MachineState.Stopping, $"{one.Key} is {one.Value}"));

        // All of it has happened.
        Assert.True(result.Failed.Keys.ToHashSet().IsSupersetOf(["its box was killed", "its program crashed"]), string.Join("; ", result.Failed));
        Assert.Contains("no keeper was there to hold the port", result.Refused.Keys);
        Assert.Contains("the machine was stopped", result.Refused.Keys);
        Assert.True(result.Commands.Asked > 50);

        // What is simulated is one node: nothing is elsewhere, and that must stay so.
        Assert.DoesNotContain(MachineState.Elsewhere, result.StateUs.Keys);
        Assert.All(Enum.GetValues<MachineState>().Except([MachineState.Failed, MachineState.Elsewhere]), state => Assert.Contains(state, result.StateUs.Keys));

        // Nearly all are served all the same.
        Assert.True(result.Latencies.Count > trace.Count * 0.97, $"{result.Latencies.Count} of {trace.Count}");
    }

    [Fact]
    public void The_same_seed_makes_the_same_ledger_and_another_one_another()
    {
        var trace = Trace(5).Where(request => request.AtUs < 4 * Hour).ToList();
        string hash = Run(5, trace, hours: 5).Hash();

        Assert.Equal(hash, Run(5, trace, hours: 5).Hash());
        Assert.NotEqual(hash, Run(6, trace, hours: 5).Hash());
    }

    [Fact]
    public void Services_that_do_not_depend_on_each_other_are_the_same_together_and_apart()
    {
        var trace = Trace(7).Where(request => request.AtUs < Hour).ToList();
        ServicePlan[] services = [.. Services().Select(service => service with { DependsOn = [] }).Where(service => service.Name is "front" or "cache" or "app")];
        trace.RemoveAll(request => !services.Any(service => service.Name == request.Service));
        var together = Simulator.Run(services, trace, new SimulationOptions { HorizonUs = 2 * Hour });
        var apart = services.Select(service => Simulator.Run([service], trace.Where(request => request.Service == service.Name), new SimulationOptions { HorizonUs = 2 * Hour })).ToList();

        Assert.Equal(together.Machines.Select(machine => machine.Name), apart.SelectMany(one => one.Machines).Select(machine => machine.Name).Order(StringComparer.Ordinal));
        Assert.All(apart.SelectMany(one => one.Machines), machine => Assert.Equal(machine.Intervals, together.Machines.Single(one => one.Name == machine.Name).Intervals));
        Assert.Equal(together.Latencies.Count, apart.Sum(one => one.Latencies.Count));
    }

    private static SimulationResult Run(ulong seed, IReadOnlyList<TraceRequest> trace, int hours = 24) => Simulator.Run(Services(), trace, new SimulationOptions
    {
        HorizonUs = hours * Hour,
        KeepsEvents = true,
        Faults = new FaultPlan { Seed = seed, CrashesPerHour = 60, BoxKillsPerHour = 40, KeeperKillsPerHour = 12, StopsPerHour = 6, RestartsPerHour = 10, KeeperAwayUs = 1_000_000, UntilUs = (hours - 1) * Hour },
    });

    /// <summary>A few dozen machines that depend on each other.</summary>
    private static ServicePlan[] Services() =>
    [
        new ServicePlan
        {
            Name = "front",
            Machines = 12,
            Idle = new IdleSpec { FreezeAfterMs = 2_000 },
            Elastic = new ElasticSpec { Max = 12, ConnectionsTarget = 4, ScaleInAfterMs = 5_000, ReleaseAfterMs = 20_000 },
            DependsOn = [Needs("app")],
            Program = new ProgramModel { Concurrency = 8 },
        },
        new ServicePlan
        {
            Name = "app",
            Machines = 16,
            Idle = new IdleSpec { FreezeAfterMs = 5_000 },
            Elastic = new ElasticSpec { Min = 1, Max = 16, ProcessorPercentTarget = 60 },
            DependsOn = [Needs("db", DependencyCondition.Healthy), Needs("migrate", DependencyCondition.CompletedSuccessfully), Needs("cache", required: false)],
            Program = new ProgramModel { Concurrency = 8, IsProcessorBound = true },
        },
        new ServicePlan { Name = "cache", Machines = 3, Idle = new IdleSpec { HibernateAfterMs = 20_000 }, Program = new ProgramModel { Concurrency = 64, KeepAliveUs = 60_000_000 } },
        new ServicePlan { Name = "db", Start = StartMode.Eager, Restart = new RestartSpec { Policy = RestartPolicy.Always }, HealthCheck = new HealthCheckSpec { Test = ["true"], IntervalMs = 1_000 } },
        new ServicePlan { Name = "migrate", ServesPorts = false, DependsOn = [Needs("db", DependencyCondition.Healthy)] },
    ];

    private static DependencySpec Needs(string service, DependencyCondition condition = DependencyCondition.Started, bool required = true) => new() { Service = service, Condition = condition, Required = required };

    private static List<TraceRequest> Trace(ulong seed)
    {
        var day = new BurstySpec { Seed = seed, LengthUs = (23 * Hour) + (Hour / 2), BaseRate = 0.3, NightShare = 0.2, MedianDurationUs = 400_000, DurationSigma = 1, DurationUsMax = 30_000_000, BurstsPerHour = 2, Factor = 200, HoldUs = 5_000_000, FallUs = 20_000_000 };
        var front = BurstyTrace.Make(day with { Service = "front" });
        var app = BurstyTrace.Make(day with { Seed = seed + 100, Service = "app", Factor = 50, MedianDurationUs = 200_000 });
        var cache = BurstyTrace.Make(day with { Seed = seed + 200, Service = "cache", Factor = 10, MedianDurationUs = 2_000 });
        return [.. front.Concat(app).Concat(cache.Select((request, index) => request with { Client = index % 3 == 0 ? null : "client-" + (index % 7) })).OrderBy(request => request.AtUs)];
    }
}
