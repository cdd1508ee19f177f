using System.Globalization;
using Figment.Model.States;

namespace Figment.Cli.Output;

/// <summary>A report of <c>top</c> for people: a line of totals, then a row a machine.</summary>
internal static class TopTable
{
    public static void Write(TextWriter output, TopReport report, Palette palette)
    {
        output.WriteLine(Totals(report));
        bool several = report.Machines.Select(row => row.Application).Distinct().Count() > 1;
        var table = new ColumnWriter("MACHINE", "STATE", "FOR", "CPU %", "MEMORY", "LIMIT", "PROCESSES", "RECEIVED/s", "SENT/s", "WAKES", "LAST WAKE");
        foreach (var row in report.Machines)
        {
            table.Add(
                several ? $"{row.Application}/{row.Machine}" : row.Machine,
                State(row),
                Units.Age(TimeSpan.FromSeconds(row.StateSeconds)),
                row.ProcessorPercent is { } percent ? Number(percent) : null,
                row.MemoryBytes is { } memory ? Units.Bytes(memory) : null,
                row.MemoryLimitBytes is > 0 and var limit ? Units.Bytes(limit) : null,
                row.Processes?.ToString(CultureInfo.InvariantCulture),
                row.ReceivedBytesPerSecond is { } received ? Units.Bytes(received) : null,
                row.SentBytesPerSecond is { } sent ? Units.Bytes(sent) : null,
                row.Wakes.ToString(CultureInfo.InvariantCulture),
                LastWake(row));
            table.Colour(1, StateText.Colour(row.State));
        }

        table.Write(output, palette);
    }

    private static string Totals(TopReport report)
    {
        int count = report.Machines.Count;
        string states = string.Join(", ", report.States.Select(state => $"{state.Value} {StateText.Word(state.Key)}"));
        var node = report.Node;
        return $"{count} machine{(count == 1 ? "" : "s")}{(count == 0 ? "" : $": {states}")}; node: cpu {Number(node.ProcessorPercent)} % of {node.Processors}00 %, memory {Units.Bytes(node.MemoryUsedBytes)} of {Units.Bytes(node.MemoryBytes)}";
    }

    private static string State(TopRow row) => row is { State: MachineState.Running, NotIdle: not null } ? "running (never idle)" : StateText.Word(row.State);

    private static string? LastWake(TopRow row)
    {
        if (row.LastWakeCause is not { } cause)
        {
            return null;
        }

        string age = row.LastWakeSecondsAgo is { } seconds ? Units.Age(TimeSpan.FromSeconds(seconds)) : "";
        return $"{SignalText.Word(cause)}{(age.Length == 0 ? "" : age == "now" ? ", now" : $", {age} ago")}";
    }

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
