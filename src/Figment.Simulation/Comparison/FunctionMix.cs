using Figment.Machines.Billing;
using Figment.Machines.Intervals;
using Figment.Model.States;
using Figment.Simulation.Traces;

namespace Figment.Simulation.Comparison;

/// <summary>
/// The policy of the paper on Boxer: so many machines always run, and what they have no room for goes to functions, each as large as a machine and serving as many requests at once.
/// A function is billed while it has a request. Nobody waits but for a function that starts.
/// </summary>
internal sealed class FunctionMix(IReadOnlyList<TraceRequest> requests, ServicePlan plan, FunctionModel model)
{
    private readonly int _slots = Demand.Slots(plan.Program);

    /// <summary>Latencies, and the stretches in which functions were billed.</summary>
    public (List<long> LatenciesUs, List<(long BeginUs, long EndUs)> Busy) Run(int machines)
    {
        var latencies = new List<long>(requests.Count);
        var busy = new List<(long, long)>();
        var onMachines = new PriorityQueue<long, long>();
        var functions = new List<Function>();
        foreach (var request in requests)
        {
            while (onMachines.TryPeek(out long end, out _) && end <= request.AtUs)
            {
                onMachines.Dequeue();
            }

            long durationUs = request.DurationUs ?? plan.Program.DurationUs;
            if (onMachines.Count < machines * _slots)
            {
                onMachines.Enqueue(request.AtUs + durationUs, request.AtUs + durationUs);
                latencies.Add(durationUs);
                continue;
            }

            long endUs = OnFunction(functions, busy, request.AtUs, durationUs + model.ConnectUs);
            latencies.Add(endUs - request.AtUs);
        }

        busy.AddRange(functions.Where(function => function.EndUs > function.BeginUs).Select(function => (function.BeginUs, function.EndUs)));
        return (latencies, busy);
    }

    /// <summary>What the functions cost by a list.</summary>
    public decimal Cost(PriceList prices, List<(long BeginUs, long EndUs)> busy)
    {
        var machine = Comparer.Machine(plan, [.. busy.SelectMany((stretch, index) => Intervals(stretch, index))]);
        return Costs.ByState(prices, machine).Values.Sum() * model.PerRequest;
    }

    private static IEnumerable<MachineInterval> Intervals((long BeginUs, long EndUs) stretch, int index)
    {
        string name = $"function-{index + 1}";
        var begin = Engine.Ledger.Epoch.AddMicroseconds(stretch.BeginUs);
        var end = Engine.Ledger.Epoch.AddMicroseconds(stretch.EndUs);
        yield return new MachineInterval { Machine = name, Service = name, State = MachineState.Running, Begin = begin, End = end };

        // What is between two stretches is billed by nobody; it keeps their roundings apart.
        yield return new MachineInterval { Machine = name, Service = name, State = MachineState.Completed, Begin = end, End = end };
    }

    private long OnFunction(List<Function> functions, List<(long, long)> busy, long atUs, long takesUs)
    {
        Function? idle = null;
        foreach (var function in functions)
        {
            function.Leave(atUs);
            if (function.Count > 0 && function.Count < _slots)
            {
                return function.Take(Math.Max(atUs, function.ReadyUs) + takesUs);
            }

            if (function.Count == 0 && atUs - function.EndUs <= model.WarmUs && (idle is null || function.EndUs > idle.EndUs))
            {
                idle = function;
            }
        }

        long readyUs = atUs;
        if (idle is null)
        {
            readyUs += model.ColdUs;
            idle = new Function();
            functions.RemoveAll(function => Expired(function, busy, atUs));
            functions.Add(idle);
        }
        else
        {
            busy.Add((idle.BeginUs, idle.EndUs));
        }

        (idle.BeginUs, idle.ReadyUs) = (readyUs, readyUs);
        return idle.Take(readyUs + takesUs);
    }

    private bool Expired(Function function, List<(long, long)> busy, long atUs)
    {
        if (function.Count > 0 || atUs - function.EndUs <= model.WarmUs)
        {
            return false;
        }

        busy.Add((function.BeginUs, function.EndUs));
        return true;
    }

    private sealed class Function
    {
        private readonly PriorityQueue<long, long> _ends = new();

        public long BeginUs { get; set; }

        public long ReadyUs { get; set; }

        public long EndUs { get; private set; }

        public int Count => _ends.Count;

        public void Leave(long atUs)
        {
            while (_ends.TryPeek(out long end, out _) && end <= atUs)
            {
                _ends.Dequeue();
            }
        }

        public long Take(long endUs)
        {
            _ends.Enqueue(endUs, endUs);
            EndUs = Math.Max(EndUs, endUs);
            return endUs;
        }
    }
}
