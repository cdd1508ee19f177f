using System.Globalization;
using Figment.Api.Contract;
using Figment.Model.States;

namespace Figment.Cli.Output;

/// <summary>A bill for people: what was used, then what it costs by each price list.</summary>
internal static class BillTables
{
    private const decimal UsInSecond = 1_000_000;
    private const double KibMsInGibSecond = 1024.0 * 1024 * 1000;

    public static void Write(TextWriter output, BillView bill, Palette palette, TimeProvider time)
    {
        output.WriteLine($"{bill.Application} from {Units.Moment(bill.From, time)} to {Units.Moment(bill.To, time)}");
        output.WriteLine();
        Used(bill).Write(output, palette);
        output.WriteLine();
        Prices(bill).Write(output, palette);
        foreach (var list in bill.Prices)
        {
            output.WriteLine();
            output.WriteLine($"{list.Name}: {list.Title}, {list.Dated.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {list.Source}{(list.Note is { } note ? $"; {note}" : "")}");
        }
    }

    private static ColumnWriter Used(BillView bill)
    {
        var table = new ColumnWriter([bill.By.ToString().ToUpperInvariant(), "RUNNING", "FROZEN", "AT REST", "CPU", "MEMORY", "RECEIVED", "SENT", "WAKES", .. bill.Prices.Select(list => list.Name.ToUpperInvariant())]);
        foreach (var row in bill.Rows.Count == 1 ? bill.Rows : [.. bill.Rows, bill.Total])
        {
            table.Add(
            [
                row.Name,
                Duration(Wall(row, IsRunning)),
                Duration(Wall(row, state => state == MachineState.Frozen)),
                Duration(Wall(row, state => !state.RunsProgram())),
                $"{Number(row.Usage.ProcessorUs / UsInSecond)} s",
                $"{Number((decimal)(row.Usage.MemoryKibMs / KibMsInGibSecond))} GiB·s",
                Units.Bytes(row.Usage.NetworkReceivedBytes),
                Units.Bytes(row.Usage.NetworkSentBytes),
                Wakes(row),
                .. row.Costs.Select(cost => Money(cost.Cost)),
            ]);
        }

        return table;
    }

    private static ColumnWriter Prices(BillView bill)
    {
        var table = new ColumnWriter("PRICES", "COST", "ALWAYS ON", "SAVED");
        foreach (var (list, cost) in bill.Prices.Zip(bill.Total.Costs))
        {
            table.Add(list.Name, $"{Money(cost.Cost)} {list.Currency}", $"{Money(cost.AlwaysOn ?? 0)} {list.Currency}", Saved(cost));
        }

        return table;
    }

    private static bool IsRunning(MachineState state) => state != MachineState.Frozen && state.RunsProgram();

    private static long Wall(BillRow row, Func<MachineState, bool> wanted) => row.States.Where(time => wanted(time.State)).Sum(time => time.WallUs);

    private static string Wakes(BillRow row) => row.Wakes.Count == 0 ? "0"
        : $"{row.Wakes.Sum(wake => wake.Count)} ({string.Join(", ", row.Wakes.Select(wake => $"{wake.Count} {wake.Cause.ToString().ToLowerInvariant()}"))})";

    /// <summary>Rounded down: nothing is saved wholly that costs something.</summary>
    private static string? Saved(BillCost cost) =>
        cost.AlwaysOn is > 0 and var always ? $"{(Math.Floor((1 - (cost.Cost / always)) * 1_000) / 10).ToString("0.0", CultureInfo.InvariantCulture)} %" : null;

    private static string Money(decimal amount) => amount.ToString(amount >= 1 ? "0.00" : "0.000000", CultureInfo.InvariantCulture);

    private static string Number(decimal amount) => amount.ToString(amount >= 100 ? "0" : "0.###", CultureInfo.InvariantCulture);

    private static string Duration(long us)
    {
        var span = TimeSpan.FromMicroseconds(us);
        return span switch
        {
            { TotalMinutes: < 2 } => $"{span.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s",
            { TotalHours: < 2 } => $"{span.TotalMinutes.ToString("0.0", CultureInfo.InvariantCulture)} min",
            { TotalDays: < 2 } => $"{span.TotalHours.ToString("0.0", CultureInfo.InvariantCulture)} h",
            _ => $"{span.TotalDays.ToString("0.0", CultureInfo.InvariantCulture)} d",
        };
    }
}
