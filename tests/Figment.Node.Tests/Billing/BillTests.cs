using Figment.Api.Contract;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using Figment.Node.Errors;
using Figment.Node.Tests.Support;

namespace Figment.Node.Tests.Billing;

/// <summary>A node's bills and chains of causes; its keepers' part is the test's.</summary>
public sealed class BillTests : IAsyncDisposable
{
    private static readonly MachineUsage Used = new() { ProcessorUs = 400_000, MemoryKibMs = 50_000_000, NetworkReceivedBytes = 10, NetworkSentBytes = 20 };

    private readonly TestNode _node = new();
    private long _sequence;

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task A_bill_adds_up_by_machine_service_and_state_and_tells_what_always_running_would_cost()
    {
        var begun = await UpAsync();
        Happen(begun.AddSeconds(1), "web-1", MachineState.Imaginary, MachineState.Running, null, null);
        Happen(begun.AddSeconds(2.05), "web-1", MachineState.Running, MachineState.Frozen, null, Used);
        Happen(begun.AddSeconds(3), "web-2", MachineState.Imaginary, MachineState.Running, null, null);
        Happen(begun.AddSeconds(4), "web-2", MachineState.Running, MachineState.Imaginary, null, Used);

        var bill = await _node.Service.BillAsync("shop", new BillRequest { PricesName = "cloud-run" }, CancellationToken.None);

        Assert.Equal(["db-1", "web-1", "web-2"], bill.Rows.Select(row => row.Name));
        Assert.Equal(800_000, bill.Total.Usage.ProcessorUs);
        Assert.Equal([new WakeCount(SignalKind.Connection, 2)], bill.Total.Wakes);
        var web = bill.Rows[1];

        // Two processors and a GiB are set aside: 1.05 s are rounded up to 1.1 s.
        decimal frozen = (decimal)web.States.Single(time => time.State == MachineState.Frozen).WallUs / 1_000_000 * 0.0000025m;
        Assert.Equal(Math.Round((1.1m * ((2 * 0.000024m) + 0.0000025m)) + frozen, 9), web.Costs.Single().Cost);
        Assert.InRange(bill.Total.Costs[0].Cost - bill.Rows.Sum(row => row.Costs[0].Cost), -0.00000001m, 0.00000001m);
        Assert.True(bill.Total.Costs[0].AlwaysOn > bill.Total.Costs[0].Cost);

        var byState = await _node.Service.BillAsync("shop", new BillRequest { PricesName = "cloud-run", By = BillBy.State }, CancellationToken.None);
        Assert.Equal(["imaginary", "running", "frozen"], byState.Rows.Select(row => row.Name));
        Assert.Equal(0, byState.Rows[0].Costs[0].Cost);
        Assert.Equal(800_000, byState.Rows[1].Usage.ProcessorUs);
        var byService = await _node.Service.BillAsync("shop", new BillRequest { By = BillBy.Service, Since = begun.AddSeconds(3.5) }, CancellationToken.None);
        Assert.Equal([("db", 1), ("web", 2)], byService.Rows.Select(row => (row.Name, row.Machines)));
        Assert.Equal(200_000, byService.Total.Usage.ProcessorUs);
        Assert.Equal(begun.AddSeconds(3.5), byService.From);
        Assert.Equal(["cloud-run", "lambda", "machines", "vm"], byService.Prices.Select(list => list.Name));
    }

    [Fact]
    public async Task Intervals_of_a_bill_tile_time_and_outlive_the_application()
    {
        var begun = await UpAsync();
        Happen(begun.AddSeconds(1), "web-1", MachineState.Imaginary, MachineState.Running, null, null);
        await _node.DownAsync("shop");

        var bill = await _node.Service.BillAsync("shop", new BillRequest(), CancellationToken.None);

        foreach (var machine in bill.Intervals.GroupBy(interval => interval.Machine))
        {
            Assert.Equal(machine.Skip(1).Select(interval => (DateTimeOffset?)interval.Begin), machine.SkipLast(1).Select(interval => interval.End));
            Assert.NotNull(machine.Last().End);
        }

        Assert.Equal(4, bill.Intervals.Count);
        var nothing = await Assert.ThrowsAsync<NodeException>(() => _node.Service.BillAsync("other", new BillRequest(), CancellationToken.None));
        Assert.Equal(ErrorCode.NotFound, nothing.Code);
    }

    [Fact]
    public async Task A_price_list_of_one_s_own_is_taken_or_refused_with_its_place()
    {
        await UpAsync();
        string good = """{ "name": "own", "title": "t", "source": "s", "dated": "2026-01-01", "currency": "EUR", "billing": "used" }""";

        Assert.Equal("EUR", Assert.Single((await _node.Service.BillAsync("shop", new BillRequest { PriceText = good, PriceFile = "own.json" }, CancellationToken.None)).Prices).Currency);
        var wrong = await Assert.ThrowsAsync<NodeException>(() => _node.Service.BillAsync("shop", new BillRequest { PriceText = good.Replace("used", "free", StringComparison.Ordinal), PriceFile = "own.json" }, CancellationToken.None));
        Assert.StartsWith("own.json:1:100: \"free\" is no billing", wrong.Message, StringComparison.Ordinal);
        var unknown = await Assert.ThrowsAsync<NodeException>(() => _node.Service.BillAsync("shop", new BillRequest { PricesName = "azure" }, CancellationToken.None));
        Assert.Contains("lambda", unknown.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_wake_names_why_who_caused_it_was_awake_and_no_machine_twice()
    {
        var begun = await UpAsync();
        Happen(begun.AddSeconds(1), "web-1", MachineState.Imaginary, MachineState.Waiting, "db-1", null);
        Happen(begun.AddSeconds(2), "web-1", MachineState.Waiting, MachineState.Running, "db-1", null);
        Happen(begun.AddSeconds(3), "web-2", MachineState.Imaginary, MachineState.Running, "web-1", null);
        Happen(begun.AddSeconds(4), "db-1", MachineState.Frozen, MachineState.Running, "web-2", null);
        Happen(begun.AddSeconds(5), "web-2", MachineState.Running, MachineState.Frozen, null, null);
        Happen(begun.AddSeconds(6), "web-2", MachineState.Frozen, MachineState.Running, null, null);
        Happen(begun.AddSeconds(7), "db-1", MachineState.Running, MachineState.Frozen, null, null);

        var events = _node.Service.Why("shop", "db-1", 10);

        Assert.Equal([true, false], events.Select(view => view.Because is not null));
        var web2 = events[0].Because!;
        Assert.Equal(("web-2", begun.AddSeconds(3)), (web2.Event.Machine, web2.Event.At));
        Assert.Equal(("web-1", MachineState.Waiting), (web2.Because!.Event.Machine, web2.Because.Event.To));

        // db-1 woke web-1, but it stands in the chain already.
        Assert.Null(web2.Because.Because);
    }

    /// <summary>Imaginary until somebody comes.</summary>
    private static ServiceSpec Serving(string name) => Specs.Service(name) with { Expose = [new PortSpec(80, TransportProtocol.Tcp)] };

    private async Task<DateTimeOffset> UpAsync()
    {
        var web = Serving("web") with { Replicas = 2, Resources = new ResourceSpec { Cpus = 2, MemoryBytes = 1L << 30 } };
        var line = await _node.UpAsync(Specs.Application(web, Serving("db")));
        Assert.True(line.Done, line.Error?.Message);
        return _node.Journal.Intervals("shop", null)[0].Begin;
    }

    private void Happen(DateTimeOffset at, string machine, MachineState from, MachineState to, string? fromMachine, MachineUsage? spent)
    {
        long incarnation = _node.Journal.Application("shop")!.Incarnation;
        var change = new MachineEvent
        {
            Sequence = 100 + ++_sequence,
            At = at,
            Machine = machine,
            From = from,
            To = to,
            Cause = new Signal { Kind = to == MachineState.Frozen ? SignalKind.Idle : SignalKind.Connection, FromMachine = fromMachine },
            Spent = spent,
        };
        Assert.Single(_node.Journal.ImportEvents("shop", incarnation, [change], _node.Journal.LedgerOffset("shop", incarnation)));
    }
}
