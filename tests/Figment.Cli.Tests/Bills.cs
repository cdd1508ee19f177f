using Figment.Api.Contract;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Cli.Tests;

/// <summary>A bill, fixed.</summary>
internal static class Bills
{
    private const long Second = 1_000_000;
    private const long GibSecond = 1024L * 1024 * 1000;

    public static BillView Of(BillBy by) => new()
    {
        Application = "guestbook",
        From = Daemon.At.AddHours(-50),
        To = Daemon.At,
        By = by,
        Prices =
        [
            new PriceListView { Name = "cloud-run", Title = "requests", Source = "https://example.org/run", Dated = new DateOnly(2025, 1, 1), Currency = "USD", Note = "without requests" },
            new PriceListView { Name = "vm", Title = "instances", Source = "https://example.org/vm", Dated = new DateOnly(2025, 2, 1), Currency = "USD" },
        ],
        Rows =
        [
            Row("redis-1", 7 * Second, 3_600 * Second, 46 * 3_600 * Second, GibSecond / 2, [new WakeCount(SignalKind.Connection, 2), new WakeCount(SignalKind.Data, 1)], 0.0012m),
            Row("web-1", 0, 0, 50 * 3_600 * Second, 0, [], 0),
        ],
        Total = Row("total", 7 * Second, 3_600 * Second, 96 * 3_600 * Second, GibSecond / 2, [new WakeCount(SignalKind.Connection, 2), new WakeCount(SignalKind.Data, 1)], 0.0012m),
        Intervals =
        [
            new IntervalView { Machine = "redis-1", Service = "redis", State = MachineState.Imaginary, Begin = Daemon.At.AddSeconds(-9), End = Daemon.At.AddSeconds(-7) },
            new IntervalView
            {
                Machine = "redis-1",
                Service = "redis",
                State = MachineState.Running,
                Begin = Daemon.At.AddSeconds(-7),
                Cause = SignalKind.Connection,
                IsWake = true,
                Usage = new MachineUsage { ProcessorUs = 1_500_000, MemoryKibMs = GibSecond / 2, NetworkReceivedBytes = 2_048, NetworkSentBytes = 3 },
            },
        ],
    };

    private static BillRow Row(string name, long runningUs, long frozenUs, long restUs, long memory, IReadOnlyList<WakeCount> wakes, decimal cost) => new()
    {
        Name = name,
        Machines = name == "total" ? 2 : 1,
        States = [new StateTime(MachineState.Imaginary, restUs), new StateTime(MachineState.Running, runningUs), new StateTime(MachineState.Frozen, frozenUs)],
        Usage = new MachineUsage { ProcessorUs = runningUs / 4, MemoryKibMs = memory, NetworkReceivedBytes = runningUs / 1_000, NetworkSentBytes = runningUs / 10 },
        Wakes = wakes,
        Costs = [new BillCost { Prices = "cloud-run", Cost = cost, AlwaysOn = 4.5m }, new BillCost { Prices = "vm", Cost = 2.25m, AlwaysOn = 2.25m }],
    };
}
