using Figment.Machines.Billing;
using Figment.Simulation.Engine;
using Figment.Simulation.Results;
using Figment.Simulation.Traces;

namespace Figment.Simulation;

/// <summary>
/// Runs a trace against services: the real decisions (<c>Figment.Machines</c>), models of box, kernel and program. The same input gives the same result, to the microsecond.
/// Parts of the application that depend on nothing of each other are run side by side.
/// </summary>
public static class Simulator
{
    private const decimal KibInGib = 1_024m * 1_024;

    /// <param name="services">Names are unique; they depend on each other only.</param>
    /// <param name="requests">Of these services; any order.</param>
    /// <param name="options">How long, and what is kept.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="PolicyException">A policy that no keeper would be given.</exception>
    /// <exception cref="OperationCanceledException">It was.</exception>
    public static SimulationResult Run(IReadOnlyList<ServicePlan> services, IEnumerable<TraceRequest> requests, SimulationOptions options, CancellationToken cancellationToken = default)
    {
        foreach (var service in services)
        {
            service.Check();
        }

        var byService = requests.GroupBy(request => request.Service, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        if (byService.Keys.FirstOrDefault(name => !services.Any(service => service.Name == name)) is { } unknown)
        {
            throw new PolicyException($"the trace asks service {unknown}, which there is not");
        }

        if (services.FirstOrDefault(service => !service.ServesPorts && byService.ContainsKey(service.Name)) is { } mute)
        {
            throw new PolicyException($"the trace asks service {mute.Name}, which serves no port");
        }

        long horizonUs = options.HorizonUs ?? Horizon(byService.Values.SelectMany(list => list));
        var parts = Parts(services);
        var worlds = new World[parts.Count];
        Parallel.For(0, parts.Count, new ParallelOptions { CancellationToken = cancellationToken }, index =>
        {
            var part = parts[index];
            List<TraceRequest> own = [.. part.SelectMany(service => byService.GetValueOrDefault(service.Name) ?? []).OrderBy(request => request.AtUs)];
            var world = new World(part, options.KeepsEvents);
            world.Run(own, horizonUs, options.Faults with { Seed = options.Faults.Seed + ((ulong)index * 1_000_003) }, cancellationToken);
            worlds[index] = world;
        });
        return Result(worlds, services, horizonUs);
    }

    /// <summary>The whole second after the last request has been served, if it was served at once.</summary>
    public static long Horizon(IEnumerable<TraceRequest> requests)
    {
        long lastUs = requests.Select(request => request.AtUs + (request.DurationUs ?? 0)).DefaultIfEmpty(0).Max();
        return ((lastUs / 1_000_000) + 1) * 1_000_000;
    }

    /// <summary>Services that depend on each other, in one way or the other, are one part.</summary>
    private static List<List<ServicePlan>> Parts(IReadOnlyList<ServicePlan> services)
    {
        var part = services.ToDictionary(service => service.Name, service => service.Name, StringComparer.Ordinal);
        string Root(string name) => part[name] == name ? name : part[name] = Root(part[name]);
        foreach (var service in services)
        {
            foreach (var dependency in service.DependsOn)
            {
                part[Root(service.Name)] = Root(dependency.Service);
            }
        }

        return [.. services.GroupBy(service => Root(service.Name), StringComparer.Ordinal).Select(group => group.ToList())];
    }

    private static SimulationResult Result(World[] worlds, IReadOnlyList<ServicePlan> services, long horizonUs)
    {
        var plans = services.ToDictionary(service => service.Name, StringComparer.Ordinal);
        return new SimulationResult
        {
            HorizonUs = horizonUs,
            Machines = [.. worlds.SelectMany(world => world.Ledger.Intervals.Select(one => new BilledMachine
            {
                Name = one.Key,
                Service = one.Value[0].Service,
                Vcpus = (decimal?)plans[one.Value[0].Service].Resources.Cpus,
                MemoryGib = plans[one.Value[0].Service].Resources.MemoryBytes / 1_024 / KibInGib,
                Intervals = one.Value,
            })).OrderBy(machine => machine.Name, StringComparer.Ordinal)],
            Events = [.. worlds.SelectMany(world => world.Ledger.Events)],
            Latencies = new Latencies(worlds.SelectMany(world => world.Outcomes.LatenciesUs)),
            Refused = Sum(worlds.Select(world => world.Outcomes.Refused)),
            Failed = Sum(worlds.Select(world => world.Outcomes.Failed)),
            Unfinished = worlds.Sum(world => world.Outcomes.Open),
            LeftConnections = worlds.Sum(world => world.Machines.Sum(machine => (long)machine.Connections)),
            Commands = (worlds.Sum(world => world.Keeper.Asked), worlds.Sum(world => (long)world.Keeper.Answers.Count)),
            FinalStates = worlds.SelectMany(world => world.Keeper.Application.Machines).ToDictionary(one => one.Key, one => one.Value.State),
            Decisions = worlds.Sum(world => world.Keeper.Decisions),
            HappeningsCount = worlds.Sum(world => world.Events),
        };
    }

    private static SortedDictionary<string, long> Sum(IEnumerable<IReadOnlyDictionary<string, long>> counts)
    {
        var sum = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (cause, count) in counts.SelectMany(one => one))
        {
            sum[cause] = sum.GetValueOrDefault(cause) + count;
        }

        return sum;
    }
}
