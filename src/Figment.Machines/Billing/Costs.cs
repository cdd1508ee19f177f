using Figment.Machines.Intervals;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Billing;

/// <summary>What a machine's time costs by a price list.</summary>
public static class Costs
{
    private const decimal SecondsInHour = 3600;
    private const decimal SecondsInMonth = 30 * 24 * SecondsInHour;
    private const decimal UsInSecond = 1_000_000;
    private const decimal UsInMs = 1_000;
    private const decimal KibMsInGibSecond = 1024m * 1024 * 1000;
    private const decimal BytesInGib = 1024m * 1024 * 1024;

    /// <summary>Cost by the state in which it came up; the sum is the machine's.</summary>
    public static IReadOnlyDictionary<MachineState, decimal> ByState(PriceList prices, BilledMachine machine)
    {
        var costs = new Dictionary<MachineState, decimal>();
        foreach (var (state, wallUs, usage) in machine.Intervals
            .Select(interval => (interval.State, WallUs(interval), interval.Usage ?? new MachineUsage()))
            .Concat(machine.Hours.Select(hour => (hour.State, hour.WallUs, hour.Usage))))
        {
            Add(costs, state, Cost(prices, machine, state, wallUs, usage));
        }

        foreach (var (state, us) in Rounding(prices, machine))
        {
            Add(costs, state, us / UsInSecond * RunningSecond(prices, machine));
        }

        return costs;
    }

    /// <summary>What the same machine would have cost, had it run all the time. Of a list that counts what is used: with the processor time and the traffic that it had, and the memory that it had while its program ran.</summary>
    public static decimal AlwaysOn(PriceList prices, BilledMachine machine)
    {
        decimal wallSeconds = (machine.Intervals.Sum(WallUs) + machine.Hours.Sum(hour => hour.WallUs)) / UsInSecond;
        if (prices.Billing != BillingKind.Used)
        {
            return wallSeconds * RunningSecond(prices, machine);
        }

        var used = machine.Intervals.Select(interval => interval.Usage ?? new MachineUsage()).Concat(machine.Hours.Select(hour => hour.Usage)).Aggregate(new MachineUsage(), (sum, usage) => sum + usage);
        decimal withProgram = (machine.Intervals.Where(interval => interval.State.RunsProgram()).Sum(WallUs) + machine.Hours.Where(hour => hour.State.RunsProgram()).Sum(hour => hour.WallUs)) / UsInSecond;
        decimal meanGib = withProgram > 0 ? used.MemoryKibMs / KibMsInGibSecond / withProgram : 0;
        return Traffic(prices, used) + (used.ProcessorUs / UsInSecond * prices.VcpuSecond) + (meanGib * wallSeconds * prices.GibSecond);
    }

    /// <summary>The smallest size that the machine fits into; of one that fits into none as many of the largest as it takes.</summary>
    public static (MachineSize Size, int Count) SizeOf(PriceList prices, BilledMachine machine)
    {
        decimal vcpus = machine.Vcpus ?? prices.DefaultVcpus;
        decimal memory = machine.MemoryGib ?? prices.DefaultMemoryGib;
        if (prices.Sizes.Where(size => size.Vcpus >= vcpus && size.MemoryGib >= memory).MinBy(size => size.Hour) is { } fitting)
        {
            return (fitting, 1);
        }

        var largest = prices.Sizes.MaxBy(size => size.Hour)!;
        return (largest, (int)Math.Ceiling(Math.Max(vcpus / largest.Vcpus, memory / largest.MemoryGib)));
    }

    /// <summary>A second with its program running.</summary>
    private static decimal RunningSecond(PriceList prices, BilledMachine machine)
    {
        if (prices.Billing is BillingKind.Always or BillingKind.Started)
        {
            var (size, count) = SizeOf(prices, machine);
            return size.Hour / SecondsInHour * count;
        }

        return ((machine.Vcpus ?? prices.DefaultVcpus) * prices.VcpuSecond) + ((machine.MemoryGib ?? prices.DefaultMemoryGib) * prices.GibSecond);
    }

    private static decimal Cost(PriceList prices, BilledMachine machine, MachineState state, long wallUs, MachineUsage usage)
    {
        decimal seconds = wallUs / UsInSecond;
        decimal usedGibSeconds = usage.MemoryKibMs / KibMsInGibSecond;
        decimal time = (prices.Billing, state) switch
        {
            (BillingKind.Always, _) => seconds * RunningSecond(prices, machine),
            (BillingKind.Used, MachineState.Frozen) => usedGibSeconds * prices.FrozenGibSecond,
            (BillingKind.Used, _) when state.RunsProgram() => (usage.ProcessorUs / UsInSecond * prices.VcpuSecond) + (usedGibSeconds * prices.GibSecond),
            (_, MachineState.Frozen) => seconds * (machine.MemoryGib ?? prices.DefaultMemoryGib) * prices.FrozenGibSecond,
            _ when state.RunsProgram() => seconds * RunningSecond(prices, machine),
            _ => seconds * prices.StoredGib * prices.StoredGibMonth / SecondsInMonth,
        };
        return time + Traffic(prices, usage);
    }

    private static decimal Traffic(PriceList prices, MachineUsage usage) => usage.NetworkSentBytes / BytesInGib * prices.SentGib;

    /// <summary>
    /// What rounding adds, in microseconds: for each stretch with a running program, however many states it went through, in the last of them. Of folded hours only the number of wakes is left;
    /// each counts half a step, which is what rounding adds on average.
    /// </summary>
    private static IEnumerable<(MachineState State, decimal Us)> Rounding(PriceList prices, BilledMachine machine)
    {
        decimal stepUs = prices.GranularityMs * UsInMs;
        if (stepUs == 0 || prices.Billing is not (BillingKind.Active or BillingKind.Started))
        {
            yield break;
        }

        yield return (MachineState.Running, machine.Hours.Sum(hour => hour.Wakes.Values.Sum()) * stepUs / 2);
        long stretchUs = 0;
        MachineState? last = null;
        foreach (var interval in machine.Intervals)
        {
            if (IsActive(interval.State))
            {
                stretchUs += WallUs(interval);
                last = interval.State;
            }
            else if (last is { } state)
            {
                yield return (state, Missing(stretchUs, stepUs));
                (stretchUs, last) = (0, null);
            }
        }

        if (last is { } end)
        {
            yield return (end, Missing(stretchUs, stepUs));
        }
    }

    private static bool IsActive(MachineState state) => state != MachineState.Frozen && state.RunsProgram();

    private static decimal Missing(long us, decimal stepUs) => (Math.Ceiling(us / stepUs) * stepUs) - us;

    private static long WallUs(MachineInterval interval) => (interval.End!.Value - interval.Begin).Ticks / TimeSpan.TicksPerMicrosecond;

    private static void Add(Dictionary<MachineState, decimal> costs, MachineState state, decimal cost) => costs[state] = costs.GetValueOrDefault(state) + cost;
}
