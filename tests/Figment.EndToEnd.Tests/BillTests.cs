using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Figment.Api.Contract;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>What the ledger says of a real redis, compared with what the kernel says of it.</summary>
public sealed class BillTests : IDisposable
{
    /// <summary>About a fifth of a second of one core.</summary>
    private const string Burn = "EVAL \"local i = 0 while i < 20000000 do i = i + 1 end return i\" 0";

    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_bill_tiles_time_and_counts_what_the_kernel_counted_and_each_wake_with_its_cause()
    {
        int port = Client.FreePort();
        _node.Up("bill", Redis(port));
        var before = Bill("bill");
        Assert.Equal([MachineState.Imaginary], before.Total.States.Select(time => time.State));
        Assert.Equal([0m, 0m], before.Total.Costs.Where(cost => cost.Prices is "cloud-run" or "lambda").Select(cost => cost.Cost));
        Assert.All(before.Total.Costs, cost => Assert.True(cost.AlwaysOn > cost.Cost || cost.Prices == "vm", cost.ToString()));

        using var connection = await Client.ConnectAsync(port);
        Assert.Equal(":20000000", await Client.AskAsync(connection, Burn));
        AwaitFrozen("bill");
        var frozen = Bill("bill");
        AssertUsed(Kernel("bill"), frozen.Total.Usage.ProcessorUs);
        Assert.Equal([new WakeCount(SignalKind.Connection, 1)], frozen.Total.Wakes);
        Assert.Null(frozen.Intervals[^1].End);
        Assert.Equal(MachineState.Frozen, frozen.Intervals[^1].State);

        Assert.Equal(":20000000", await Client.AskAsync(connection, Burn));
        FigmentNode.Eventually("its going on is written down", () => Bill("bill").Total.Wakes.Sum(wake => wake.Count) == 2 ? null : "not yet");
        long used = Kernel("bill");
        _node.Run("stop", "-p", "bill", "a-1");
        var bill = Bill("bill");

        AssertTiles(bill);
        AssertUsed(used, bill.Total.Usage.ProcessorUs);
        Assert.Equal(
            [(SignalKind.Connection, 1), (SignalKind.Data, 1)],
            bill.Total.Wakes.Where(wake => wake.Cause != SignalKind.User).Select(wake => (wake.Cause, wake.Count)));
        Assert.True(bill.Total.Usage is { MemoryKibMs: > 0, NetworkReceivedBytes: > 100, NetworkSentBytes: > 100 }, bill.Total.Usage.ToString());
        Assert.All(bill.Intervals.Where(interval => interval.State is MachineState.Imaginary or MachineState.Waiting or MachineState.Stopped), interval => Assert.Null(interval.Usage));
        Assert.All(bill.Intervals.Where(interval => interval.State == MachineState.Frozen), interval => Assert.InRange(interval.Usage!.ProcessorUs, 0, 5_000));

        _node.Down("bill");
        var after = Bill("bill");
        AssertTiles(after);
        Assert.DoesNotContain(after.Intervals, interval => interval.End is null);
        Assert.Equal(bill.Total.Usage, after.Total.Usage);
    }

    [Fact]
    public async Task Nothing_is_lost_or_counted_twice_when_keeper_and_box_are_killed_one_after_the_other()
    {
        int port = Client.FreePort();
        _node.Up("heir", Redis(port, freezeAfter: "never"));
        Assert.Equal(":20000000", await Client.AskAsync(port, Burn));
        // What it starts has its name until it is executed.
        IReadOnlyList<int> keepers = [];
        FigmentNode.Eventually("there is one keeper", () => (keepers = _node.Processes("figment-keeper")).Count == 1 ? null : $"{keepers.Count} of that name");
        using (var keeper = Process.GetProcessById(keepers[0]))
        {
            keeper.Kill();
            await keeper.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        FigmentNode.Eventually("the next keeper has adopted it", () => _node.Processes("figment-keeper").Count == 1 && _node.Machine("heir", "a-1").Pid is not null ? null : "not yet");
        Assert.Equal(":20000000", await Client.AskAsync(port, Burn));
        AssertUsed(Kernel("heir"), Bill("heir").Total.Usage.ProcessorUs);
        long used = Kernel("heir");
        using (var box = Process.GetProcessById(_node.BoxOf("heir", "a-1")))
        {
            box.Kill();
        }

        FigmentNode.Eventually("it has ended", () => _node.Machine("heir", "a-1").Pid is null ? null : "not yet");

        var bill = Bill("heir");
        AssertTiles(bill);
        AssertUsed(used, bill.Total.Usage.ProcessorUs);
    }

    [Fact]
    public void Why_goes_on_to_why_the_one_that_came_was_awake()
    {
        _node.Up("chain", Redis(Client.FreePort()) + """

              b:
                command: sleep infinity
                x-figment: { root: host, start: eager }
            """);
        Assert.Equal("PONG\n", _node.Run("exec", "-T", "-p", "chain", "b-1", "redis-cli", "-h", "a", "ping"));

        string why = "";
        FigmentNode.Eventually("the ledger tells it", () => (why = _node.Run("why", "-p", "chain", "a-1")).Contains("from b-1 (", StringComparison.Ordinal) ? null : why);
        Assert.Matches(@"connection to 6379/tcp from b-1 \(.*\n  b-1 started at .*: the Compose file has it start at up\n", why);
        var events = JsonSerializer.Deserialize(_node.Run("why", "-p", "chain", "a-1", "--json"), ApiJson.Default.IReadOnlyListEventView)!;
        Assert.Equal(("b-1", SignalKind.Eager), (Assert.Single(events, view => view.Because is not null).Because!.Event.Machine, events.Single(view => view.Because is not null).Because!.Event.Cause.Kind));
    }

    private static string Redis(int port, string freezeAfter = "500ms") => $$"""
        services:
          a:
            command: redis-server --save "" --protected-mode no
            ports: ["{{port}}:6379"]
            cpus: 1
            mem_limit: 256m
            x-figment: { root: host, idle: { freeze-after: {{freezeAfter}} } }
        """;

    private static void AssertUsed(long expectedUs, long actualUs) => Assert.InRange(actualUs, expectedUs * 8 / 10, expectedUs * 12 / 10);

    /// <summary>No gap and no overlap, for each machine.</summary>
    private static void AssertTiles(BillView bill)
    {
        foreach (var machine in bill.Intervals.GroupBy(interval => interval.Machine))
        {
            Assert.Equal(machine.Skip(1).Select(interval => (DateTimeOffset?)interval.Begin), machine.SkipLast(1).Select(interval => interval.End));
            var row = bill.Rows.Single(row => row.Name == machine.Key);
            Assert.Equal(((machine.Last().End ?? bill.To) - machine.First().Begin).Ticks / TimeSpan.TicksPerMicrosecond, row.States.Sum(time => time.WallUs));
        }
    }

    private BillView Bill(string application) => JsonSerializer.Deserialize(_node.Run("bill", "-p", application, "--json"), ApiJson.Default.BillView)!;

    /// <summary>Of the machine's control group, of version 1 or of the unified tree.</summary>
    private long Kernel(string application)
    {
        using var document = JsonDocument.Parse(_node.Run("inspect", "-p", application, "a-1"));
        var groups = document.RootElement[0].GetProperty("cgroups");
        return groups.TryGetProperty("cpuacct", out var folder)
            ? long.Parse(File.ReadAllText(Path.Combine(folder.GetString()!, "cpuacct.usage")), CultureInfo.InvariantCulture) / 1_000
            : long.Parse(File.ReadLines(Path.Combine(groups.GetProperty("unified").GetString()!, "cpu.stat")).First().Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private void AwaitFrozen(string application) =>
        FigmentNode.Eventually("a-1 is frozen", () => _node.Machine(application, "a-1") is { State: MachineState.Frozen } ? null : _node.Machine(application, "a-1").State.ToString());
}
