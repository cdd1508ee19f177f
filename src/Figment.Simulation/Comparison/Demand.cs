using Figment.Simulation.Traces;

namespace Figment.Simulation.Comparison;

/// <summary>How many machines a trace needs, second by second, if nobody is to wait.</summary>
internal sealed class Demand
{
    private const long SecondUs = 1_000_000;

    private readonly int[] _sortedMachines;

    /// <param name="requests">Of one service.</param>
    /// <param name="plan">The service.</param>
    /// <param name="horizonUs">How many seconds there are.</param>
    public Demand(IReadOnlyList<TraceRequest> requests, ServicePlan plan, long horizonUs)
    {
        int slots = Slots(plan.Program);
        _sortedMachines = new int[Math.Max(1, horizonUs / SecondUs)];
        var changes = new List<(long AtUs, int By)>(requests.Count * 2);
        foreach (var request in requests)
        {
            changes.Add((request.AtUs, 1));
            changes.Add((request.AtUs + (request.DurationUs ?? plan.Program.DurationUs), -1));
        }

        // At one moment who leaves makes room for who comes.
        changes.Sort();
        int inService = 0;
        long second = 0;
        foreach (var (at, by) in changes)
        {
            for (long now = at / SecondUs; second < now && second + 1 < _sortedMachines.Length; second++)
            {
                _sortedMachines[second + 1] = inService;
            }

            inService += by;
            if (second < _sortedMachines.Length)
            {
                _sortedMachines[second] = Math.Max(_sortedMachines[second], inService);
            }
        }

        for (int index = 0; index < _sortedMachines.Length; index++)
        {
            _sortedMachines[index] = (_sortedMachines[index] + slots - 1) / slots;
        }

        Array.Sort(_sortedMachines);
    }

    public int Peak => _sortedMachines[^1];

    /// <summary>So many machines are enough in so many per cent of the seconds; at least one.</summary>
    public int Machines(double percent) =>
        Math.Max(1, _sortedMachines[Math.Clamp((int)Math.Ceiling(percent / 100 * _sortedMachines.Length) - 1, 0, _sortedMachines.Length - 1)]);

    /// <summary>Requests that a machine serves at once and none slower for the others.</summary>
    public static int Slots(ProgramModel program) =>
        program.IsProcessorBound ? Math.Max(1, (int)Math.Min(program.Concurrency, program.Processors)) : program.Concurrency;
}
