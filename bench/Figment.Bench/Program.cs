using System.Globalization;
using Figment.Bench.Measures;
using Figment.Bench.Probes;
using Figment.Bench.Reporting;
using Figment.Bench.Sides;

namespace Figment.Bench;

/// <summary>Runs one measure on the sides asked for; see bench/README.md.</summary>
internal static class Program
{
    private const string Usage = "Figment.Bench wake|connect|path|hundred|frozen|observe|timers [--runs N] [--sides native,docker,figment]";

    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is ["probe", .. var probe])
        {
            return await Probe.RunAsync(probe);
        }

        if (arguments is not [var measure and ("wake" or "connect" or "path" or "hundred" or "frozen" or "observe" or "timers"), .. var options])
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        int runs = measure switch { "hundred" => 3, "path" or "frozen" or "observe" or "timers" => 200, _ => 20 };
        string[] wanted = ["native", "docker", "figment"];
        for (int index = 0; index < options.Length; index += 2)
        {
            switch (options[index..])
            {
                case ["--runs", var count, ..] when int.TryParse(count, CultureInfo.InvariantCulture, out int parsed) && parsed > 0:
                    runs = parsed;
                    break;
                case ["--sides", var names, ..]:
                    wanted = names.Split(',');
                    break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }

        using var interrupted = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) =>
        {
            press.Cancel = true;
            interrupted.Cancel();
        };
        if (measure == "timers")
        {
            Report.Write(measure, await TimersMeasure.RunAsync(runs, interrupted.Token), TimeProvider.System);
            return 0;
        }

        await using var sides = new SideSet();
        await (measure == "observe" ? sides.OpenObservedAsync(interrupted.Token) : sides.OpenAsync(wanted, measure == "wake", interrupted.Token));
        IReadOnlyList<Row> rows = measure switch
        {
            "wake" => await WakeMeasure.RunAsync(sides.Sides, runs, interrupted.Token),
            "observe" => await ObserveMeasure.RunAsync(sides.Sides, runs, interrupted.Token),
            "frozen" => await FrozenMeasure.RunAsync(sides.Sides, runs, interrupted.Token),
            "hundred" => await HundredMeasure.RunAsync(sides.Sides, runs, interrupted.Token),
            _ => await PathMeasure.RunAsync(sides.Sides, runs, measure == "connect", interrupted.Token),
        };
        Report.Write(measure, rows, TimeProvider.System);
        return 0;
    }
}
