using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using Figment.Simulation.Results;
using Figment.Simulation.Traces;

namespace Figment.Simulation.Tests;

/// <summary>What the models of box, kernel and program do, to the microsecond.</summary>
public sealed class ModelTests
{
    private const long Ms = 1_000;
    private const long Second = 1_000 * Ms;

    /// <summary>6 ms and 33 ms: nothing of it is a coincidence below.</summary>
    private const long StartUs = 39 * Ms;

    private static readonly ServicePlan Web = new() { Name = "web", Program = new ProgramModel { Concurrency = 8 } };

    [Fact]
    public void The_first_request_wakes_an_imaginary_machine_and_waits_for_it()
    {
        var result = Run(Web, Second * 2, (Second, 50 * Ms));

        Assert.Equal(StartUs + (50 * Ms), result.Latencies.MaxUs);
        Assert.Equal([MachineState.Imaginary, MachineState.Waiting, MachineState.Starting, MachineState.Running], States(result));
        Assert.Equal([0, Second, Second, Second + StartUs], result.Machines[0].Intervals.Select(interval => Us(interval.Begin)));
        Assert.Equal(SignalKind.Connection, result.Machines[0].Intervals[3].Cause);
        Assert.Equal(1, result.Wakes);
    }

    [Fact]
    public void A_machine_that_was_quiet_is_frozen_and_the_next_request_thaws_it()
    {
        var result = Run(Web, 30 * Second, (0, 50 * Ms), (20 * Second, 50 * Ms));

        Assert.Equal([MachineState.Imaginary, MachineState.Waiting, MachineState.Starting, MachineState.Running, MachineState.Frozen, MachineState.Running], States(result));
        Assert.Equal([StartUs + (50 * Ms), 800 + (50 * Ms)], Sorted(result).Reverse());
        Assert.Equal(SignalKind.Data, result.Machines[0].Intervals[5].Cause);
        Assert.Equal((20 * Second) + 800, Us(result.Machines[0].Intervals[5].Begin));

        // Quiet since a look after the answer, at most a look late, and a look is a quarter of freeze-after.
        Assert.InRange(Us(result.Machines[0].Intervals[4].Begin), 10 * Second, 15_500 * Ms);
    }

    [Fact]
    public void A_long_wait_is_spent_frozen_and_its_end_thaws()
    {
        var web = Web with { Idle = new IdleSpec { FreezeAfterMs = 1_000 } };
        var result = Run(web, 40 * Second, (0, 20 * Second));

        Assert.Equal([MachineState.Imaginary, MachineState.Waiting, MachineState.Starting, MachineState.Running, MachineState.Frozen, MachineState.Running, MachineState.Frozen], States(result));
        Assert.Equal(SignalKind.Timer, result.Machines[0].Intervals[5].Cause);
        Assert.Equal(StartUs + (20 * Second) + 800, result.Latencies.MaxUs);
    }

    [Fact]
    public void A_wait_that_ends_soon_is_not_worth_freezing_for()
    {
        // Quiet for a second, and then less than a second is left.
        var web = Web with { Idle = new IdleSpec { FreezeAfterMs = 1_000 } };
        var result = Run(web, 3 * Second, (0, 1_900 * Ms));

        Assert.DoesNotContain(MachineState.Frozen, States(result));
        Assert.Equal(StartUs + (1_900 * Ms), result.Latencies.MaxUs);
    }

    [Fact]
    public void Who_is_not_accepted_waits_in_the_queue()
    {
        var web = Ready(Web with { Program = Web.Program with { Concurrency = 1 } });

        Assert.Equal([50 * Ms, 90 * Ms, 140 * Ms], Sorted(Run(web, Second, (Second / 2, 50 * Ms), ((Second / 2) + (10 * Ms), 50 * Ms), ((Second / 2) + (10 * Ms), 50 * Ms))));
    }

    [Fact]
    public void Requests_that_compute_share_the_processors()
    {
        var web = Ready(Web with { Program = Web.Program with { IsProcessorBound = true, Processors = 1 } });
        long at = Second / 2;

        // Two for 100 ms each at once; then one of 100 ms, joined by one of 50 ms half way.
        Assert.Equal([200 * Ms, 200 * Ms], Sorted(Run(web, 2 * Second, (at, 100 * Ms), (at, 100 * Ms))));
        Assert.Equal([100 * Ms, 150 * Ms], Sorted(Run(web, 2 * Second, (at, 100 * Ms), (at + (50 * Ms), 50 * Ms))));
        var two = web with { Program = web.Program with { Processors = 2 } };
        Assert.Equal([100 * Ms, 100 * Ms], Sorted(Run(two, 2 * Second, (at, 100 * Ms), (at, 100 * Ms))));
        Assert.Equal([150 * Ms, 150 * Ms, 150 * Ms], Sorted(Run(two, 2 * Second, (at, 100 * Ms), (at, 100 * Ms), (at, 100 * Ms))));
    }

    [Fact]
    public void The_processor_time_of_requests_is_in_the_ledger()
    {
        var web = Ready(Web with { Program = Web.Program with { IsProcessorBound = true, IdleProcessorPermille = 0 } });
        var result = Run(web, 2 * Second, (Second, 100 * Ms), (Second, 200 * Ms));

        Assert.Equal(300 * Ms, result.Machines.Sum(machine => machine.Intervals.Sum(interval => interval.Usage?.ProcessorUs ?? 0)));
        Assert.Equal((1_024, 1_024), (result.Machines[0].Intervals.Sum(interval => interval.Usage?.NetworkReceivedBytes ?? 0), result.Machines[0].Intervals.Sum(interval => interval.Usage?.NetworkSentBytes ?? 0)));
    }

    [Fact]
    public void A_named_client_keeps_its_connection_and_is_served_by_one_machine()
    {
        var web = Ready(Web with { Machines = 3 });
        TraceRequest[] kept = [.. Enumerable.Range(0, 6).Select(index => new TraceRequest(Second + (index * 100 * Ms), "web", 10 * Ms, "c"))];
        TraceRequest[] single = [.. kept.Select(request => request with { Client = null })];

        int Asked(TraceRequest[] trace) => Simulator.Run([web], trace, new SimulationOptions { HorizonUs = 10 * Second }).Machines.Count(machine => machine.Intervals.Any(interval => interval.Usage?.NetworkSentBytes > 0));
        Assert.Equal((1, 3), (Asked(kept), Asked(single)));
    }

    [Fact]
    public void More_connections_than_are_to_be_bring_more_machines_which_go_again()
    {
        var web = Web with
        {
            Machines = 4,
            Idle = new IdleSpec { FreezeAfterMs = 500 },
            Elastic = new ElasticSpec { Max = 4, ConnectionsTarget = 1, ScaleInAfterMs = 1_000, ReleaseAfterMs = 1_000 },
            Program = Web.Program with { Concurrency = 1 },
        };
        var trace = Enumerable.Range(0, 20).Select(index => new TraceRequest(Second + (index * 100 * Ms), "web", 300 * Ms, null));
        var result = Simulator.Run([web], trace, new SimulationOptions { HorizonUs = 30 * Second });

        Assert.All(result.Machines, machine => Assert.Contains(machine.Intervals, interval => interval.State == MachineState.Running));
        Assert.Contains(result.Machines[2].Intervals, interval => interval.Cause == SignalKind.Scale && interval.State == MachineState.Running);
        Assert.All(result.FinalStates.Values, state => Assert.Equal(MachineState.Imaginary, state));
        Assert.Equal((20, 0L, 0L), (result.Latencies.Count, result.RefusedCount, result.FailedCount));
    }

    [Fact]
    public void What_it_depends_on_is_made_real_first()
    {
        var db = new ServicePlan { Name = "db" };
        var web = Web with { DependsOn = [new DependencySpec { Service = "db", Condition = DependencyCondition.Started }] };
        var result = Simulator.Run([web, db], [new TraceRequest(Second, "web", 10 * Ms, null)], new SimulationOptions { HorizonUs = 3 * Second });

        Assert.Equal((2 * StartUs) + (10 * Ms), result.Latencies.MaxUs);
        Assert.Equal(SignalKind.Dependency, result.Machines.Single(machine => machine.Service == "db").Intervals[^1].Cause);
    }

    [Fact]
    public void A_job_that_others_wait_for_runs_once_and_completes()
    {
        var job = new ServicePlan { Name = "job", ServesPorts = false };
        var web = Web with { DependsOn = [new DependencySpec { Service = "job", Condition = DependencyCondition.CompletedSuccessfully }] };
        var result = Simulator.Run([web, job], [new TraceRequest(Second, "web", 10 * Ms, null)], new SimulationOptions { HorizonUs = 5 * Second });

        Assert.Equal((6 * Ms) + Second + (5 * Ms) + StartUs + (10 * Ms), result.Latencies.MaxUs, 5.0 * Ms);
        Assert.Equal(MachineState.Completed, result.FinalStates["job-1"]);
    }

    [Fact]
    public void A_crash_resets_who_is_there_and_the_next_one_starts_it_again()
    {
        var web = Web with { Idle = new IdleSpec { FreezeAfterMs = 0 } };
        var faults = new FaultPlan { Seed = 4, CrashesPerHour = 600 };
        var trace = Enumerable.Range(0, 600).Select(index => new TraceRequest(index * 500 * Ms, "web", 400 * Ms, null));
        var result = Simulator.Run([web], trace, new SimulationOptions { Faults = faults });

        Assert.True(result.Failed["its program crashed"] > 10, string.Join("; ", result.Failed));
        Assert.Equal(600, result.Latencies.Count + result.FailedCount + result.RefusedCount);
        Assert.Contains(result.Machines[0].Intervals, interval => interval.State == MachineState.Imaginary && interval.Cause == SignalKind.Exit);
    }

    private static ServicePlan Ready(ServicePlan plan) => plan with { Start = StartMode.Eager, Idle = new IdleSpec { FreezeAfterMs = 0 } };

    private static SimulationResult Run(ServicePlan plan, long horizonUs, params (long AtUs, long DurationUs)[] requests)
    {
        var result = Simulator.Run([plan], requests.Select(request => new TraceRequest(request.AtUs, plan.Name, request.DurationUs, null)), new SimulationOptions { HorizonUs = horizonUs });
        Assert.Equal((requests.Length, 0L, 0L, 0L), (result.Latencies.Count, result.RefusedCount, result.FailedCount, result.Unfinished));
        return result;
    }

    private static IEnumerable<long> Sorted(SimulationResult result) =>
        Enumerable.Range(1, result.Latencies.Count).Select(rank => result.Latencies.PercentileUs(100.0 * rank / result.Latencies.Count));

    private static IEnumerable<MachineState> States(SimulationResult result) => result.Machines[0].Intervals.Select(interval => interval.State);

    private static long Us(DateTimeOffset moment) => (moment - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
