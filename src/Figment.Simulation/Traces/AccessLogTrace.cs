using System.Globalization;
using System.Text.RegularExpressions;

namespace Figment.Simulation.Traces;

/// <summary>
/// A web server's log: common or combined (Apache's <c>%h %l %u %t "%r" %&gt;s %b ["%{Referer}i" "%{User-agent}i"]</c>), with <c>%D</c>, the duration in microseconds, at its end or without.
/// Its times are whole seconds: the requests of one second are spread over it evenly, in their order.
/// </summary>
internal static partial class AccessLogTrace
{
    private const string Service = "web";

    public static List<TraceRequest> Read(TraceLines lines)
    {
        var rows = new List<(long Second, long? DurationUs)>();
        while (lines.Next() is { } line)
        {
            lines.Bound(rows.Count);
            var match = Line().Match(line);
            if (!match.Success)
            {
                throw lines.Wrong("not a line of an access log: HOST IDENT USER [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 2326");
            }

            if (!DateTimeOffset.TryParseExact(match.Groups["time"].ValueSpan, "dd/MMM/yyyy:HH:mm:ss zzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at))
            {
                throw lines.Wrong($"'{match.Groups["time"].Value}' is no time as 10/Oct/2000:13:55:36 -0700");
            }

            long? durationUs = null;
            if (match.Groups["duration"] is { Success: true } duration)
            {
                durationUs = long.TryParse(duration.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out long us) && us <= TraceLimits.DurationMsMax * 1_000
                    ? us
                    : throw lines.Wrong("the duration at its end (%D) is a number of microseconds, at most a day");
            }

            rows.Add((at.ToUnixTimeSeconds(), durationUs));
        }

        return Spread(lines, rows);
    }

    private static List<TraceRequest> Spread(TraceLines lines, List<(long Second, long? DurationUs)> rows)
    {
        var requests = new List<TraceRequest>(rows.Count);
        if (rows.Count == 0)
        {
            return requests;
        }

        long first = rows.Min(row => row.Second);
        foreach (var second in rows.GroupBy(row => row.Second))
        {
            if (second.Key - first > TraceLimits.AtSecondsMax)
            {
                throw lines.Wrong($"from the first request to the last it is more than {TraceLimits.AtSecondsMax} s");
            }

            var inIt = second.ToList();
            requests.AddRange(inIt.Select((row, index) => new TraceRequest(((second.Key - first) * 1_000_000) + (1_000_000L * index / inIt.Count), Service, row.DurationUs, null)));
        }

        return requests;
    }

    [GeneratedRegex(@"^\S+ \S+ \S+ \[(?<time>[^\]]+)\] ""(?:[^""\\]|\\.)*"" \d{3} (?:\d+|-)(?: ""(?:[^""\\]|\\.)*"" ""(?:[^""\\]|\\.)*"")?(?: (?<duration>\d+))?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Line();
}
