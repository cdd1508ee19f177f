namespace Figment.Simulation.Traces;

/// <summary>Our own format: RFC 4180, columns in any order.</summary>
internal static class CsvTrace
{
    private static readonly string[] Columns = ["at_s", "service", "duration_ms", "client"];

    public static List<TraceRequest> Read(TraceLines lines)
    {
        var heads = Split(lines, lines.Next()!).ConvertAll(head => head.Trim().ToLowerInvariant());
        foreach (string head in heads)
        {
            if (!Columns.Contains(head))
            {
                throw lines.Wrong($"a trace has no column '{head}'; there are {string.Join(", ", Columns)}");
            }
        }

        if (heads.Distinct().Count() != heads.Count)
        {
            throw lines.Wrong("a column stands here twice");
        }

        int[] place = [.. Columns.Select(column => heads.IndexOf(column))];
        if (place[0] < 0 || place[1] < 0)
        {
            throw lines.Wrong("the head needs at_s and service");
        }

        var requests = new List<TraceRequest>();
        while (lines.Next() is { } line)
        {
            lines.Bound(requests.Count);
            var cells = Split(lines, line);
            if (cells.Count != heads.Count)
            {
                throw lines.Wrong($"{cells.Count} cells, but the head has {heads.Count}");
            }

            string? Optional(int column) => place[column] >= 0 && cells[place[column]].Length > 0 ? cells[place[column]] : null;
            requests.Add(new TraceRequest(
                lines.Seconds(cells[place[0]], "at_s"),
                lines.Name(cells[place[1]], "service"),
                Optional(2) is { } duration ? lines.Milliseconds(duration, "duration_ms") : null,
                Optional(3) is { } client ? lines.Name(client, "client") : null));
        }

        return requests;
    }

    /// <summary>The cells of a line. A cell in quotes may have commas, and quotes written twice; it ends in its line.</summary>
    public static List<string> Split(TraceLines lines, string line)
    {
        if (!line.Contains('"', StringComparison.Ordinal))
        {
            return [.. line.Split(',').Select(cell => cell.Trim())];
        }

        var cells = new List<string>();
        var cell = new System.Text.StringBuilder();
        bool isQuoted = false;
        for (int index = 0; index < line.Length; index++)
        {
            char character = line[index];
            if (character == '"' && isQuoted && index + 1 < line.Length && line[index + 1] == '"')
            {
                cell.Append('"');
                index++;
            }
            else if (character == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (character == ',' && !isQuoted)
            {
                cells.Add(cell.ToString().Trim());
                cell.Clear();
            }
            else
            {
                cell.Append(character);
            }
        }

        cells.Add(cell.ToString().Trim());
        return isQuoted ? throw lines.Wrong("a quote is not closed in its line") : cells;
    }
}
