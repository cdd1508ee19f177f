namespace Figment.Api.Contract;

/// <summary>What an application's machines did and used, and what that costs.</summary>
public sealed record BillView
{
    public required string Application { get; init; }

    /// <summary>Where it begins: what was asked for, or the first that is known if that is later.</summary>
    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    public required BillBy By { get; init; }

    public required IReadOnlyList<PriceListView> Prices { get; init; }

    public required IReadOnlyList<BillRow> Rows { get; init; }

    public required BillRow Total { get; init; }

    /// <summary>The single intervals of the last day, by machine, at most the newest 10,000; before, only hours are kept.</summary>
    public required IReadOnlyList<IntervalView> Intervals { get; init; }
}
