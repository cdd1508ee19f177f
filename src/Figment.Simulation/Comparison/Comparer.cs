using System.Globalization;
using Figment.Machines.Billing;
using Figment.Machines.Intervals;
using Figment.Model.Specs;
using Figment.Model.States;
using Figment.Simulation.Results;
using Figment.Simulation.Traces;

namespace Figment.Simulation.Comparison;

/// <summary>
/// Runs one trace under Figment's policy, under always-on machines that are enough in 90, 95, 99 and 100 % of the seconds, and under the cheapest mix of always-on machines and functions.
/// </summary>
public sealed class Comparer(IReadOnlyList<ServicePlan> services, IReadOnlyList<TraceRequest> requests, ComparisonPrices prices, FunctionModel functions)
{
    private const decimal KibInGib = 1_024m * 1_024;

    /// <summary>A service of which more were needed is compared at this many numbers of always-on machines.</summary>
    private const int MixesMax = 65;

    /// <summary>Services that the trace does not ask, which others need: who has no Figment lets them run all of the time.</summary>
    private readonly ServicePlan[] _others = Others(services, requests);

    private readonly Dictionary<string, List<TraceRequest>> _byService = requests.GroupBy(request => request.Service, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);

    /// <summary>Per cent of the seconds in which always-on machines are enough.</summary>
    public static IReadOnlyList<double> Levels { get; } = [90, 95, 99, 100];

    /// <exception cref="PolicyException">A policy that no keeper would be given.</exception>
    public ComparisonResult Run(SimulationOptions options, CancellationToken cancellationToken = default)
    {
        long horizonUs = options.HorizonUs ?? Simulator.Horizon(requests);
        options = options with { HorizonUs = horizonUs };
        var figment = Simulator.Run(services, requests, options, cancellationToken);
        ServicePlan[] asked = [.. services.Where(service => _byService.ContainsKey(service.Name))];
        var demands = asked.ToDictionary(service => service.Name, service => new Demand(_byService[service.Name], service, horizonUs), StringComparer.Ordinal);
        var rows = new List<ComparisonRow>();
        foreach (double level in Levels)
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.Add(AlwaysOn(asked, demands, level, options, cancellationToken));
        }

        var (mix, share) = Mix(asked, demands, horizonUs, cancellationToken);
        rows.Add(mix);
        rows.Add(Row("figment", Peak(figment), figment, figment.Machines.Sum(machine => Costs.ByState(prices.Figment, machine).Values.Sum())));
        decimal[] levels = [.. rows.Take(Levels.Count).Select(row => row.Cost)];
        return new ComparisonResult
        {
            Rows = [.. rows.Select(row => row with { Saved = [.. levels.Select(cost => cost == 0 ? 0 : (double)(1 - (row.Cost / cost)))] })],
            Figment = figment,
            MixShare = share,
            Requests = requests.Count,
            Services = asked.Length,
        };
    }

    private static ServicePlan[] Others(IReadOnlyList<ServicePlan> services, IReadOnlyList<TraceRequest> requests)
    {
        var asked = requests.Select(request => request.Service).ToHashSet(StringComparer.Ordinal);
        return [.. services.Where(service => !asked.Contains(service.Name)).Select(service => service with { Machines = service.Elastic is { } elastic ? Math.Max(1, elastic.Min) : service.Machines })];
    }

    /// <summary>A machine of a service's size.</summary>
    internal static BilledMachine Machine(ServicePlan plan, IReadOnlyList<MachineInterval> intervals) => new()
    {
        Name = plan.Name,
        Service = plan.Name,
        Vcpus = (decimal?)plan.Resources.Cpus,
        MemoryGib = plan.Resources.MemoryBytes / 1_024 / KibInGib,
        Intervals = intervals,
    };

    private ComparisonRow AlwaysOn(ServicePlan[] asked, Dictionary<string, Demand> demands, double level, SimulationOptions options, CancellationToken cancellationToken)
    {
        // The same simulator and the same program; its machines start before the trace and never rest.
        ServicePlan[] plans = [.. asked.Select(service => service with
        {
            Machines = demands[service.Name].Machines(level),
            Elastic = null,
            Start = StartMode.Eager,
            Idle = new IdleSpec { FreezeAfterMs = 0 },
            DependsOn = [],
            HealthCheck = null,
            Restart = new RestartSpec { Policy = RestartPolicy.Always },
            Program = service.Program with { BoxStartUs = 0, ListenUs = 0, LeadUs = 0 },
        })];
        var result = Simulator.Run(plans, requests, options with { KeepsEvents = false }, cancellationToken);
        long horizonUs = options.HorizonUs!.Value;
        decimal cost = plans.Concat(_others).Sum(plan => plan.Machines * CostOfOne(plan, horizonUs));
        int machines = plans.Concat(_others).Sum(plan => plan.Machines);
        return Row(string.Create(CultureInfo.InvariantCulture, $"always on, {level:0} %"), machines, result, cost) with { HostSeconds = machines * (horizonUs / 1e6) };
    }

    private decimal CostOfOne(ServicePlan plan, long horizonUs)
    {
        var interval = new MachineInterval { Machine = plan.Name, Service = plan.Name, State = MachineState.Running, Begin = Engine.Ledger.Epoch, End = Engine.Ledger.Epoch.AddMicroseconds(horizonUs) };
        return Costs.ByState(prices.AlwaysOn, Machine(plan, [interval])).Values.Sum();
    }

    private (ComparisonRow Row, double Share) Mix(ServicePlan[] asked, Dictionary<string, Demand> demands, long horizonUs, CancellationToken cancellationToken)
    {
        var latencies = new List<long>();
        var (machines, peak) = (0, 0);
        decimal cost = 0;
        double hostSeconds = 0;
        foreach (var service in asked)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var mix = new FunctionMix(_byService[service.Name], service, functions);
            int most = demands[service.Name].Peak;
            decimal one = CostOfOne(service, horizonUs);
            int step = Math.Max(1, (most + MixesMax - 2) / (MixesMax - 1));
            var (best, bestCost) = (0, decimal.MaxValue);
            for (int count = 0; count <= most; count += step)
            {
                decimal total = (count * one) + mix.Cost(prices.Functions, mix.Run(count).Busy);
                (best, bestCost) = total < bestCost ? (count, total) : (best, bestCost);
            }

            var (times, busy) = mix.Run(best);
            latencies.AddRange(times);
            machines += best;
            peak += most;
            cost += bestCost;
            hostSeconds += (best * (horizonUs / 1e6)) + (busy.Sum(stretch => stretch.EndUs - stretch.BeginUs) / 1e6 * functions.PerRequest);
        }

        int others = _others.Sum(service => service.Machines);
        var all = new Latencies(latencies);
        var row = new ComparisonRow
        {
            Policy = "always on and functions",
            Machines = machines + others,
            HostSeconds = hostSeconds + (others * (horizonUs / 1e6)),
            Cost = cost + _others.Sum(service => service.Machines * CostOfOne(service, horizonUs)),
            P50Us = all.PercentileUs(50),
            P99Us = all.PercentileUs(99),
            MaxUs = all.MaxUs,
            Answered = all.Count,
            Refused = 0,
            Failed = 0,
        };
        return (row, peak == 0 ? 0 : (double)machines / peak);
    }

    /// <summary>Machines that had a program at one time.</summary>
    private static int Peak(SimulationResult result)
    {
        var changes = new List<(DateTimeOffset At, int By)>();
        foreach (var interval in result.Machines.SelectMany(machine => machine.Intervals).Where(interval => interval.State.RunsProgram()))
        {
            changes.Add((interval.Begin, 1));
            changes.Add((interval.End!.Value, -1));
        }

        changes.Sort();
        var (now, peak) = (0, 0);
        foreach (var (_, by) in changes)
        {
            now += by;
            peak = Math.Max(peak, now);
        }

        return peak;
    }

    private static ComparisonRow Row(string policy, int machines, SimulationResult result, decimal cost) => new()
    {
        Policy = policy,
        Machines = machines,
        HostSeconds = result.HostSeconds,
        FrozenSeconds = result.FrozenSeconds,
        Cost = cost,
        P50Us = result.Latencies.PercentileUs(50),
        P99Us = result.Latencies.PercentileUs(99),
        MaxUs = result.Latencies.MaxUs,
        Answered = result.Latencies.Count,
        Refused = result.RefusedCount,
        Failed = result.FailedCount + result.Unfinished,
    };
}
