using Figment.Api.Contract;
using Figment.Machines.Billing;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Node.Billing;

/// <summary>Adds up what machines did, and what it costs. Pure.</summary>
internal static class Bill
{
    private const int IntervalsMax = 10_000;

    /// <param name="application">Its name.</param>
    /// <param name="request">Since when, and what a row is.</param>
    /// <param name="machines">Cut off already.</param>
    /// <param name="prices">Lists to cost by.</param>
    /// <param name="open">Machines whose last interval goes on.</param>
    /// <param name="now">Where intervals that go on are cut off.</param>
    public static BillView Of(string application, BillRequest request, IReadOnlyList<BilledMachine> machines, IReadOnlyList<PriceList> prices, IReadOnlySet<string> open, DateTimeOffset now)
    {
        var parts = machines.Select(machine => new Part(machine, prices)).ToList();
        IEnumerable<BillRow> rows = request.By switch
        {
            BillBy.Service => parts.GroupBy(part => part.Machine.Service, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => Row(group.Key, [.. group], prices, state: null)),
            BillBy.State => Enum.GetValues<MachineState>().Where(state => parts.Any(part => part.Has(state))).Select(state => Row(Word(state), [.. parts.Where(part => part.Has(state))], prices, state)),
            _ => parts.Select(part => Row(part.Machine.Name, [part], prices, state: null)),
        };
        return new BillView
        {
            Application = application,
            From = machines.SelectMany(machine => machine.Hours.Select(hour => hour.Hour).Concat(machine.Intervals.Select(interval => interval.Begin)))
                .Select(moment => request.Since is { } since && since > moment ? since : moment).DefaultIfEmpty(now).Min(),
            To = now,
            By = request.By,
            Prices = [.. prices.Select(View)],
            Rows = [.. rows],
            Total = Row("total", parts, prices, state: null),
            Intervals =
            [
                .. machines.SelectMany(machine => Views(machine, open.Contains(machine.Name)))
                    .OrderByDescending(interval => interval.Begin).Take(IntervalsMax)
                    .OrderBy(interval => interval.Machine, StringComparer.Ordinal).ThenBy(interval => interval.Begin),
            ],
        };
    }

    private static BillRow Row(string name, IReadOnlyList<Part> parts, IReadOnlyList<PriceList> prices, MachineState? state) => new()
    {
        Name = name,
        Machines = parts.Count,
        States = [.. parts.SelectMany(part => part.Times).Where(time => state is null || time.State == state).GroupBy(time => time.State).OrderBy(group => group.Key).Select(group => new StateTime(group.Key, group.Sum(time => time.WallUs)))],
        Usage = parts.SelectMany(part => part.Times).Where(time => state is null || time.State == state).Aggregate(new MachineUsage(), (sum, time) => sum + time.Usage),
        Wakes = [.. parts.SelectMany(part => part.Wakes).Where(wake => state is null || wake.State == state).GroupBy(wake => wake.Cause).OrderBy(group => group.Key).Select(group => new WakeCount(group.Key, group.Sum(wake => wake.Count)))],
        Costs =
        [
            .. prices.Select((list, index) => new BillCost
            {
                Prices = list.Name,
                Cost = Rounded(parts.Sum(part => part.Costs[index].Where(cost => state is null || cost.Key == state).Sum(cost => cost.Value))),
                AlwaysOn = state is null ? Rounded(parts.Sum(part => Costs.AlwaysOn(list, part.Machine))) : null,
            }),
        ],
    };

    private static IEnumerable<IntervalView> Views(BilledMachine machine, bool isOpen) => machine.Intervals.Select((interval, index) => new IntervalView
    {
        Machine = interval.Machine,
        Service = interval.Service,
        State = interval.State,
        Begin = interval.Begin,
        End = isOpen && index == machine.Intervals.Count - 1 ? null : interval.End,
        Cause = interval.Cause,
        IsWake = interval.IsWake,
        Usage = interval.Usage,
    });

    private static PriceListView View(PriceList list) =>
        new() { Name = list.Name, Title = list.Title, Source = list.Source, Dated = list.Dated, Currency = list.Currency, Note = list.Note };

    /// <summary>A billionth of a unit of money is more than exact.</summary>
    private static decimal Rounded(decimal cost) => Math.Round(cost, 9);

    private static string Word(MachineState state) => state.ToString().ToLowerInvariant();

    /// <summary>A machine with what is said of it more than once.</summary>
    private sealed class Part(BilledMachine machine, IReadOnlyList<PriceList> prices)
    {
        public BilledMachine Machine { get; } = machine;

        public IReadOnlyList<(MachineState State, long WallUs, MachineUsage Usage)> Times { get; } =
        [
            .. machine.Intervals.Select(interval => (interval.State, (interval.End!.Value - interval.Begin).Ticks / TimeSpan.TicksPerMicrosecond, interval.Usage ?? new MachineUsage())),
            .. machine.Hours.Select(hour => (hour.State, hour.WallUs, hour.Usage)),
        ];

        public IReadOnlyList<(MachineState State, SignalKind Cause, int Count)> Wakes { get; } =
        [
            .. machine.Intervals.Where(interval => interval is { IsWake: true, Cause: not null }).Select(interval => (interval.State, interval.Cause!.Value, 1)),
            .. machine.Hours.SelectMany(hour => hour.Wakes.Select(wake => (hour.State, wake.Key, wake.Value))),
        ];

        public IReadOnlyList<IReadOnlyDictionary<MachineState, decimal>> Costs { get; } = [.. prices.Select(list => Figment.Machines.Billing.Costs.ByState(list, machine))];

        public bool Has(MachineState state) => Times.Any(time => time.State == state);
    }
}
