using System.Globalization;
using Figment.Bench.Reporting;
using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Measures;

/// <summary>How late a program is that does something each minute: frozen in between, and beside it the same program that is never frozen.</summary>
internal static class TimersMeasure
{
    /// <summary>On each side; each has a place of its own in the minute, so that none waits for the others' turn.</summary>
    private const int Machines = 40;
    private const string Application = "timers";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Prints by how many microseconds it was late.</summary>
    private const string Program = """
        import socket, sys, time
        place = (int(socket.gethostname().rsplit('-', 1)[1]) + float(sys.argv[1])) * float(sys.argv[2])
        while True:
            due = time.time() // 60 * 60 + place
            due += 60 if due < time.time() else 0
            time.sleep(max(0, due - time.time()))
            print('%.0f' % ((time.time() - due) * 1e6), flush=True)
        """;

    private static readonly IReadOnlyList<(string Side, string Service, string FreezeAfter, double Shift)> Sides =
        [("never frozen", "awake", "never", 0), ("frozen in between", "frozen", "1s", -0.5)];

    /// <param name="runs">Values of each side, rounded up to whole minutes of all machines.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<IReadOnlyList<Row>> RunAsync(int runs, CancellationToken cancellation)
    {
        int minutes = (runs + Machines - 1) / Machines;
        await using FigmentNode node = await FigmentNode.StartAsync(cancellation);
        var command = new FigmentCommand(node);
        string folder = BenchFolder.Make(Application);
        string file = Path.Combine(folder, "compose.yaml");
        await File.WriteAllTextAsync(file, Compose(), cancellation);
        try
        {
            await command.UpAsync(Application, [file], new Dictionary<string, string>(), cancellation);

            // The first minute is not a whole one for all.
            Console.Error.WriteLine($"timers: {minutes + 1} minutes");
            await Task.Delay(Minute * (minutes + 1), cancellation);
            var values = new List<KeyValuePair<string, List<double>>>();
            foreach (var (side, service, _, _) in Sides)
            {
                var late = new List<double>();
                for (int number = 1; number <= Machines; number++)
                {
                    string log = await command.LogsAsync(Application, FormattableString.Invariant($"{service}-{number}"), cancellation);
                    late.AddRange(log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(minutes).Select(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)));
                }

                values.Add(KeyValuePair.Create(side, late));
            }

            int wakes = 0;
            foreach (int number in Enumerable.Range(1, Machines))
            {
                wakes += (await command.WhyAsync(Application, FormattableString.Invariant($"frozen-{number}"), cancellation)).Count(view => view.Event.From == Model.States.MachineState.Frozen);
            }

            Console.Error.WriteLine($"timers: the frozen ones were thawed {wakes} times for {values[1].Value.Count} lines");
            return [.. Row.Of("timers", "late, a program that does something each minute", "µs", values)];
        }
        finally
        {
            await command.DownAsync(Application, CancellationToken.None);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Compose()
    {
        string step = (Minute.TotalSeconds / Machines).ToString(CultureInfo.InvariantCulture);
        string program = System.Text.Json.JsonSerializer.Serialize(Program);
        return "services:\n" + string.Concat(Sides.Select(side => FormattableString.Invariant($$"""
              {{side.Service}}:
                command: ["/usr/bin/python3", "-uc", {{program}}, "{{side.Shift}}", "{{step}}"]
                scale: {{Machines}}
                x-figment: { root: host, start: eager, idle: { freeze-after: {{side.FreezeAfter}} } }

            """)));
    }
}
