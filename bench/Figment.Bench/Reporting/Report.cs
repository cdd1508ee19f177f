using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Reporting;

/// <summary>Writes the rows as a Markdown table to stdout and, with all values, as Markdown and JSON to <c>artifacts/bench</c>.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static void Write(string name, IReadOnlyList<Row> rows, TimeProvider time)
    {
        DateTimeOffset now = time.GetUtcNow();
        string machine = FormattableString.Invariant($"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}");
        string table = Table(rows);
        Console.Out.Write(table);

        string folder = Path.Combine(Repository.Root, "artifacts", "bench");
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, $"{name}-{now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}");
        File.WriteAllText(file + ".md", $"{now:u}, {machine}\n\n{table}");
        File.WriteAllText(file + ".json", JsonSerializer.Serialize(new { At = now, Machine = machine, Margin = PairedRatio.Margin, Rows = rows }, s_options));
        Console.Error.WriteLine($"written: {file}.md, {file}.json");
    }

    private static string Table(IReadOnlyList<Row> rows)
    {
        var text = new StringBuilder("| measure | subject | side | runs | median | quartiles | 99 % | unit | ratio to the first side (95 % interval) |\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (Row row in rows)
        {
            string ratio = row.ToFirst is { } paired
                ? FormattableString.Invariant($"{paired.Ratio:F3} ({paired.Low:F3} to {paired.High:F3}){(paired.IsEquivalent ? FormattableString.Invariant($", equivalent within {PairedRatio.Margin:P0}") : "")}")
                : "";
            text.Append(FormattableString.Invariant(
                $"| {row.Measure} | {row.Subject} | {row.Side} | {row.Summary.Runs} | {row.Summary.Median:G4} | {row.Summary.LowerQuartile:G4} to {row.Summary.UpperQuartile:G4} | {row.Summary.Percentile99:G4} | {row.Unit} | {ratio} |\n"));
        }

        return text.ToString();
    }
}
