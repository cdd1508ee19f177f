namespace Figment.Simulation.Traces;

/// <summary>
/// The public invocation trace of Azure Functions of 2021 (Zhang and others, SOSP 2021): <c>app,func,end_timestamp,duration</c>, times in seconds. A function is a service;
/// it was asked at its end less its duration.
/// </summary>
internal static class AzureTrace
{
    private const int DigitsKept = 12;

    private static readonly string[] Columns = ["app", "func", "end_timestamp", "duration"];

    public static List<TraceRequest> Read(TraceLines lines)
    {
        var heads = CsvTrace.Split(lines, lines.Next()!).ConvertAll(head => head.ToLowerInvariant());
        int[] place = [.. Columns.Select(column => heads.IndexOf(column))];
        if (place.Min() < 0)
        {
            throw lines.Wrong($"the head needs {string.Join(", ", Columns)}");
        }

        var requests = new List<TraceRequest>();
        long firstUs = 0;
        while (lines.Next() is { } line)
        {
            lines.Bound(requests.Count);
            var cells = CsvTrace.Split(lines, line);
            if (cells.Count != heads.Count)
            {
                throw lines.Wrong($"{cells.Count} cells, but the head has {heads.Count}");
            }

            long durationUs = lines.Seconds(cells[place[3]], "duration");
            if (durationUs > TraceLimits.DurationMsMax * 1_000)
            {
                throw lines.Wrong("no request takes longer than a day");
            }

            long atUs = lines.Seconds(cells[place[2]], "end_timestamp") - durationUs;
            firstUs = Math.Min(firstUs, atUs);
            requests.Add(new TraceRequest(atUs, $"{Short(lines.Name(cells[place[0]], "app"))}-{Short(lines.Name(cells[place[1]], "func"))}", durationUs, null));
        }

        // What ended soon after the beginning was asked before it.
        return firstUs == 0 ? requests : requests.ConvertAll(request => request with { AtUs = request.AtUs - firstUs });
    }

    private static string Short(string hash) => hash.Length <= DigitsKept ? hash : hash[..DigitsKept];
}
