using System.Globalization;

namespace Figment.Simulation.Traces;

/// <summary>Writes a trace as <see cref="TraceReader"/> reads it, to the microsecond.</summary>
public static class TraceWriter
{
    /// <param name="output">Gets it.</param>
    /// <param name="requests">By time.</param>
    /// <param name="comment">Stands above; one line.</param>
    public static void WriteCsv(TextWriter output, IEnumerable<TraceRequest> requests, string? comment = null)
    {
        if (comment is not null)
        {
            output.Write($"# {comment}\n");
        }

        output.Write("at_s,service,duration_ms,client\n");
        foreach (var request in requests)
        {
            output.Write(string.Create(CultureInfo.InvariantCulture, $"{request.AtUs / 1_000_000m:0.######},{Cell(request.Service)},{request.DurationUs / 1_000m:0.###},{Cell(request.Client)}\n"));
        }
    }

    private static string? Cell(string? text) =>
        text is not null && (text.Contains(',', StringComparison.Ordinal) || text.Contains('"', StringComparison.Ordinal)) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
