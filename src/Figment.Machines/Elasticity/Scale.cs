using Figment.Model.Specs;

namespace Figment.Machines.Elasticity;

/// <summary>How many machines a service needs. Pure: the keeper asks it about machines that run, a simulator about a recorded or public trace.</summary>
public static class Scale
{
    /// <param name="spec">The service's targets.</param>
    /// <param name="loads">Of the machines that serve.</param>
    /// <returns>The number, at least <see cref="ElasticSpec.Min"/> and at most <see cref="ElasticSpec.Max"/>, and which target asks for it.</returns>
    public static (int Machines, string Because) Wanted(ElasticSpec spec, IReadOnlyList<MachineLoad> loads)
    {
        var wanted = (Machines: spec.Min, Because: "min");
        void Ask(long machines, string because)
        {
            if (machines > wanted.Machines)
            {
                wanted = ((int)Math.Min(machines, spec.Max), because);
            }
        }

        long connections = loads.Sum(load => (long)load.Connections);
        if (spec.ConnectionsTarget > 0)
        {
            Ask(Ratio(connections, spec.ConnectionsTarget), $"{connections} connections, {spec.ConnectionsTarget} each");
        }

        if (spec.ProcessorPercentTarget > 0)
        {
            long processor = loads.Sum(load => (long)load.ProcessorPercent);
            Ask(Ratio(processor, spec.ProcessorPercentTarget), $"{processor} % of a machine's processors used, {spec.ProcessorPercentTarget} % each");

            // Who has connections waiting has no time for them, however little it computes; without a target for connections this is all there is to see of it.
            int crowded = loads.Count(load => load.Queued > 0);
            if (spec.ConnectionsTarget == 0 && crowded > 0)
            {
                Ask(loads.Count + crowded, $"connections wait at {crowded} machines");
            }
        }

        if (spec.MemoryPercentTarget > 0)
        {
            long memory = loads.Sum(load => (long)load.MemoryPercent);
            Ask(Ratio(memory, spec.MemoryPercentTarget), $"{memory} % of a machine's memory used, {spec.MemoryPercentTarget} % each");
        }

        return wanted;
    }

    /// <summary>Rounded up.</summary>
    private static long Ratio(long sum, int target) => (sum + target - 1) / target;
}
