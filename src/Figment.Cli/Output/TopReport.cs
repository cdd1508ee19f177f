using Figment.Api.Contract;
using Figment.Model.States;

namespace Figment.Cli.Output;

/// <summary>What <c>top</c> shows at one moment.</summary>
internal sealed record TopReport
{
    public required TopNode Node { get; init; }

    /// <summary>How many machines are in each state; states with none are left out.</summary>
    public required IReadOnlyDictionary<MachineState, int> States { get; init; }

    public required IReadOnlyList<TopRow> Machines { get; init; }

    /// <summary>Of two samples. A machine that ended and started in between has smaller counters: no negative rate.</summary>
    public static TopReport Between(TopView before, TopView after, TopSort sort)
    {
        double seconds = (after.Node.At - before.Node.At).TotalSeconds;
        var rows = from now in after.Machines
                   join then in before.Machines on (now.Application, now.Machine) equals (then.Application, then.Machine) into both
                   select Row(both.FirstOrDefault()?.Usage, now, after.Node.At);
        return new TopReport
        {
            Node = new TopNode
            {
                Processors = after.Node.Processors,
                ProcessorPercent = seconds > 0 ? Math.Round(Math.Max(0, after.Node.ProcessorNanoseconds - before.Node.ProcessorNanoseconds) / seconds / 1e7, 1) : 0,
                MemoryBytes = after.Node.MemoryBytes,
                MemoryUsedBytes = after.Node.MemoryBytes - after.Node.MemoryAvailableBytes,
            },
            States = after.Machines.GroupBy(machine => machine.State).OrderBy(group => Rank(group.Key)).ToDictionary(group => group.Key, group => group.Count()),
            Machines = Sorted(rows, sort),
        };
    }

    private static TopRow Row(UsageView? then, TopMachine now, DateTimeOffset at)
    {
        var row = new TopRow
        {
            Application = now.Application,
            Machine = now.Machine,
            Service = now.Service,
            State = now.State,
            StateSeconds = Seconds(at - now.Since),
            NotIdle = now.NotIdle,
            Wakes = now.Wakes,
            LastWakeCause = now.LastWakeCause,
            LastWakeSecondsAgo = now.LastWakeAt is { } woken ? Seconds(at - woken) : null,
            MemoryBytes = now.Usage?.MemoryBytes,
            MemoryLimitBytes = now.Usage?.MemoryLimitBytes,
            Processes = now.Usage?.Processes,
        };
        return then is null || now.Usage is not { } usage || (usage.At - then.At).TotalSeconds is not (> 0 and var seconds) ? row : row with
        {
            ProcessorPercent = Math.Round(Math.Max(0, usage.ProcessorNanoseconds - then.ProcessorNanoseconds) / seconds / 1e7, 1),
            ReceivedBytesPerSecond = Math.Round(Math.Max(0, usage.NetworkReceivedBytes - then.NetworkReceivedBytes) / seconds, 1),
            SentBytesPerSecond = Math.Round(Math.Max(0, usage.NetworkSentBytes - then.NetworkSentBytes) / seconds, 1),
        };
    }

    private static double Seconds(TimeSpan span) => Math.Round(Math.Max(0, span.TotalSeconds), 1);

    private static IReadOnlyList<TopRow> Sorted(IEnumerable<TopRow> rows, TopSort sort)
    {
        var first = sort switch
        {
            TopSort.Cpu => rows.OrderByDescending(row => row.ProcessorPercent ?? -1).ThenByDescending(row => row.MemoryBytes ?? -1),
            TopSort.Memory => rows.OrderByDescending(row => row.MemoryBytes ?? -1),
            TopSort.State => rows.OrderBy(row => Rank(row.State)),
            _ => rows.OrderBy(row => 0),
        };
        return [.. first.ThenBy(row => row.Application, StringComparer.Ordinal).ThenBy(row => row.Service, StringComparer.Ordinal).ThenBy(row => row.Machine.Length).ThenBy(row => row.Machine, StringComparer.Ordinal)];
    }

    /// <summary>What is at work first.</summary>
    private static int Rank(MachineState state) => state switch
    {
        MachineState.Running => 0,
        MachineState.Starting => 1,
        MachineState.Waiting => 2,
        MachineState.Stopping => 3,
        MachineState.Frozen => 4,
        MachineState.Hibernated => 5,
        MachineState.Failed => 6,
        MachineState.Imaginary => 7,
        MachineState.Completed => 8,
        _ => 9,
    };
}
