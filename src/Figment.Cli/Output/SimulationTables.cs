using System.Globalization;
using Figment.Simulation.Comparison;

namespace Figment.Cli.Output;

/// <summary>A simulation for people: one table, and what stands behind it.</summary>
internal static class SimulationTables
{
    public static void Write(TextWriter output, SimulationView view, Palette palette)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"simulated: {view.Requests} requests of {view.Trace} to {view.Services} {(view.Services == 1 ? "service" : "services")} in {view.Seconds:0.###} s"));
        output.WriteLine();
        Table(view).Write(output, palette);
        output.WriteLine();
        output.WriteLine("always on, N %: as many machines as are enough in N % of the seconds, all of the time; saved: of their cost");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"always on and functions: the cheapest mix, always-on machines for {100 * view.MixShare:0} % of the peak"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"figment: {view.Wakes} wakes, {view.Decisions} decisions"));
        Causes(output, "refused", view.Refused);
        Causes(output, "failed", view.Failed);
        foreach (var list in view.Prices)
        {
            output.WriteLine($"prices of {list.Policy}: {list.Name}, {list.Title}, {list.Dated.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}, {list.Currency}, {list.Source}");
        }
    }

    private static ColumnWriter Table(SimulationView view)
    {
        var table = new ColumnWriter(["POLICY", "MACHINES", "HOST-S", "FROZEN-S", "COST", .. view.Levels.Select(level => string.Create(CultureInfo.InvariantCulture, $"SAVED {level:0} %")), "P50", "P99", "MAX", "REFUSED", "FAILED"]);
        foreach (var row in view.Rows)
        {
            table.Add(
            [
                row.Policy,
                row.Machines.ToString(CultureInfo.InvariantCulture),
                row.HostSeconds.ToString("0", CultureInfo.InvariantCulture),
                row.FrozenSeconds.ToString("0", CultureInfo.InvariantCulture),
                Money(row),
                .. row.Saved.Select(saved => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(1_000 * saved) / 10:0.0} %")),
                Time(row.P50Us),
                Time(row.P99Us),
                Time(row.MaxUs),
                row.Refused.ToString(CultureInfo.InvariantCulture),
                row.Failed.ToString(CultureInfo.InvariantCulture),
            ]);
        }

        return table;
    }

    private static void Causes(TextWriter output, string what, IReadOnlyDictionary<string, long> causes)
    {
        foreach (var (cause, count) in causes)
        {
            output.WriteLine($"figment, {what}: {count}, {cause}");
        }
    }

    private static string Money(ComparisonRow row) => row.Cost.ToString(row.Cost >= 1 ? "0.00" : "0.0000", CultureInfo.InvariantCulture);

    private static string Time(long us) => us >= 10_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{us / 1e6:0.0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{us / 1e3:0.0} ms");
}
