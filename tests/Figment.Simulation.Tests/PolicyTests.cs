using CsCheck;
using Figment.Model.Specs;
using Figment.Simulation.Traces;

namespace Figment.Simulation.Tests;

/// <summary>Whatever the policy, it is simulated or refused. A failure prints the seed that repeats it.</summary>
public sealed class PolicyTests
{
    private const long Second = 1_000_000;

    private static readonly Gen<ElasticSpec?> Elastic = Gen.Select(Gen.Int[0, 6], Gen.Int[1, 6], Gen.Int[0, 3], Gen.Int[0, 2], Gen.Long[0, 3_000], Gen.Long[0, 3_000], Gen.Bool)
        .Select((min, max, connections, processor, scaleIn, release, isElastic) => !isElastic ? null : new ElasticSpec
        {
            Min = min,
            Max = max,
            ConnectionsTarget = connections,
            ProcessorPercentTarget = processor * 40,
            ScaleInAfterMs = scaleIn,
            ReleaseAfterMs = release,
        });

    private static readonly Gen<ServicePlan> Plan = Gen.Select(Elastic, Gen.Long[0, 3_000], Gen.Int[1, 4], Gen.Int[1, 4], Gen.Bool, Gen.Int[0, 5], Gen.Bool)
        .Select((elastic, freezeAfter, machines, concurrency, isProcessorBound, mode, isHeartbeat) => new ServicePlan
        {
            Name = "web",
            Machines = elastic?.Max ?? machines,
            Elastic = elastic,
            Idle = new IdleSpec { FreezeAfterMs = freezeAfter, IgnoreHeartbeat = isHeartbeat },
            Start = mode == 0 ? StartMode.Eager : StartMode.OnDemand,
            Restart = new RestartSpec { Policy = (RestartPolicy)(mode % 4) },
            HealthCheck = mode == 5 ? new HealthCheckSpec { Test = ["true"], IntervalMs = 500 } : null,
            Program = new ProgramModel { Concurrency = concurrency, IsProcessorBound = isProcessorBound, BacklogMax = 16 },
        });

    private static readonly Gen<TraceRequest[]> Trace = Gen.Select(Gen.Long[0, 60 * Second], Gen.Long[0, 4 * Second], Gen.Int[0, 4])
        .Select((at, duration, client) => new TraceRequest(at, "web", duration, client < 2 ? null : "c" + client)).Array[0, 60];

    [Fact]
    public void Every_policy_is_simulated_to_its_end_or_refused() =>
        Gen.Select(Plan, Trace, Gen.ULong, Gen.Bool).Sample(
            (plan, trace, seed, isFaulty) =>
            {
                bool isSound = (plan.Elastic is not { } elastic || elastic.Min <= elastic.Max) && (plan.Idle.FreezeAfterMs == 0 || plan.Idle.FreezeAfterMs >= 100);
                var options = new SimulationOptions
                {
                    HorizonUs = 70 * Second,
                    KeepsEvents = true,
                    Faults = isFaulty ? new FaultPlan { Seed = seed, CrashesPerHour = 200, BoxKillsPerHour = 200, KeeperKillsPerHour = 200, RestartsPerHour = 100, StopsPerHour = 50, UntilUs = 60 * Second } : new FaultPlan(),
                };
                if (!isSound)
                {
                    Assert.StartsWith("service web cannot be simulated: ", Assert.Throws<PolicyException>(() => Simulator.Run([plan], trace, options)).Message, StringComparison.Ordinal);
                    return;
                }

                var result = Simulator.Run([plan], trace, options);
                Invariants.Assert(result, trace.Length);
                Invariants.AssertLedger(result);
                Assert.Equal(result.Hash(), Simulator.Run([plan], trace, options).Hash());
            },
            iter: 300,
            threads: 2);

    [Theory]
    [InlineData(5, 3, 3, 1_000, "min is 5 and max 3; min is at most max")]
    [InlineData(0, 65, 65, 1_000, "max is 65; it is from 1 to 64")]
    [InlineData(0, 4, 3, 1_000, "max is 4, and it has 3 machines")]
    [InlineData(0, 4, 4, 50, "freeze-after is 50 ms; it is at least 100 ms, or never")]
    public void A_policy_that_no_keeper_would_get_is_refused_with_its_reason(int min, int max, int machines, long freezeAfterMs, string reason)
    {
        var plan = new ServicePlan { Name = "web", Machines = machines, Idle = new IdleSpec { FreezeAfterMs = freezeAfterMs }, Elastic = new ElasticSpec { Min = min, Max = max } };

        Assert.Equal($"service web cannot be simulated: {reason}", Assert.Throws<PolicyException>(() => Simulator.Run([plan], [], new SimulationOptions())).Message);
    }

    [Fact]
    public void A_trace_of_a_service_that_there_is_not_or_that_serves_nothing_is_refused()
    {
        var plan = new ServicePlan { Name = "web", ServesPorts = false };
        Assert.Equal("the trace asks service db, which there is not", Assert.Throws<PolicyException>(() => Simulator.Run([plan], [new TraceRequest(0, "db", 1, null)], new SimulationOptions())).Message);
        Assert.Equal("the trace asks service web, which serves no port", Assert.Throws<PolicyException>(() => Simulator.Run([plan], [new TraceRequest(0, "web", 1, null)], new SimulationOptions())).Message);
    }
}
