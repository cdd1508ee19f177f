using System.Text;

namespace Figment.Simulation.Traces;

/// <summary>Reads a trace in any of the formats. Requests come out by time; those of one moment in the order of the file.</summary>
public static class TraceReader
{
    /// <param name="file">Its name, for messages.</param>
    /// <param name="text">UTF-8 decoded.</param>
    /// <param name="format">Null: what the first line looks like.</param>
    /// <param name="service">Whom all requests ask, whatever the file says; null: what it says (a log: <c>web</c>).</param>
    /// <exception cref="TraceException">It is not a trace; the message begins with the place.</exception>
    public static IReadOnlyList<TraceRequest> Read(string file, TextReader text, TraceFormat? format = null, string? service = null)
    {
        var lines = new TraceLines(file, text);
        if (lines.First() is not { } first)
        {
            throw new TraceException($"{file}:1: the trace is empty: it begins with a head, at_s,service");
        }

        var requests = (format ?? Guess(lines, first)) switch
        {
            TraceFormat.JsonLines => JsonTrace.Read(lines),
            TraceFormat.Azure => AzureTrace.Read(lines),
            TraceFormat.AccessLog => AccessLogTrace.Read(lines),
            _ => CsvTrace.Read(lines),
        };
        if (requests.Count == 0)
        {
            throw lines.Wrong("the trace has no request");
        }

        return Ordered(lines, requests, service);
    }

    /// <summary>The same of text in memory.</summary>
    /// <exception cref="TraceException">It is not a trace.</exception>
    public static IReadOnlyList<TraceRequest> Read(string file, ReadOnlySpan<byte> utf8, TraceFormat? format = null, string? service = null) =>
        Read(file, new StringReader(Encoding.UTF8.GetString(utf8)), format, service);

    private static List<TraceRequest> Ordered(TraceLines lines, List<TraceRequest> requests, string? service)
    {
        // One string for each name: a trace has few names and many requests.
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        string Shared(string name) => names.TryGetValue(name, out string? known) ? known : names[name] = name;
        var ordered = requests
            .Select(request => request with { Service = Shared(service ?? request.Service), Client = request.Client is { } client ? Shared(client) : null })
            .OrderBy(request => request.AtUs)
            .ToList();
        int services = ordered.Select(request => request.Service).Distinct().Count();
        return services <= TraceLimits.ServicesMax ? ordered : throw lines.Wrong($"the trace has {services} services; at most {TraceLimits.ServicesMax} can be simulated (all as one: --service NAME)");
    }

    private static TraceFormat Guess(TraceLines lines, string first)
    {
        if (first.StartsWith('{'))
        {
            return TraceFormat.JsonLines;
        }

        string[] heads = [.. first.Split(',').Select(head => head.Trim().ToLowerInvariant())];
        if (heads.Contains("at_s"))
        {
            return TraceFormat.Csv;
        }

        if (heads.Contains("end_timestamp"))
        {
            return TraceFormat.Azure;
        }

        return first.Contains(" [", StringComparison.Ordinal) && first.Contains('"', StringComparison.Ordinal)
            ? TraceFormat.AccessLog
            : throw lines.Wrong("this is no trace: it begins with a head (at_s,service or app,func,end_timestamp,duration), an object ({\"at_s\": 0, \"service\": \"web\"}) or a line of an access log");
    }
}
