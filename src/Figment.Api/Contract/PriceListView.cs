namespace Figment.Api.Contract;

/// <summary>Which prices a bill was made by.</summary>
public sealed record PriceListView
{
    public required string Name { get; init; }

    public required string Title { get; init; }

    /// <summary>Where its figures are from.</summary>
    public required string Source { get; init; }

    /// <summary>When they were asked for.</summary>
    public required DateOnly Dated { get; init; }

    public required string Currency { get; init; }

    /// <summary>What is counted and what is left out.</summary>
    public string? Note { get; init; }
}
