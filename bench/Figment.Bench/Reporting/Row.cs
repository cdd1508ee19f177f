namespace Figment.Bench.Reporting;

/// <summary>One line of the report. Values are kept so that others can compute what they like.</summary>
internal sealed record Row
{
    public required string Measure { get; init; }

    public required string Subject { get; init; }

    public required string Side { get; init; }

    public required string Unit { get; init; }

    public required IReadOnlyList<double> Values { get; init; }

    public required Summary Summary { get; init; }

    /// <summary>Against the first side in the same rounds; null for that side itself, or where a ratio says nothing.</summary>
    public PairedRatio? ToFirst { get; init; }

    /// <summary>Rows of one subject: the first side is the one the others are compared with.</summary>
    public static IEnumerable<Row> Of(string measure, string subject, string unit, IReadOnlyList<KeyValuePair<string, List<double>>> sides, bool isCompared = true)
        => sides.Select((side, index) => new Row
        {
            Measure = measure,
            Subject = subject,
            Side = side.Key,
            Unit = unit,
            Values = side.Value,
            Summary = Summary.Of(side.Value),
            ToFirst = !isCompared || index == 0 || side.Value.Count != sides[0].Value.Count ? null : PairedRatio.Of(side.Value, sides[0].Value),
        });
}
