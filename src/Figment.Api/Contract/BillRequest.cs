namespace Figment.Api.Contract;

public sealed record BillRequest
{
    /// <summary>What lies before is left out; null: nothing is.</summary>
    public DateTimeOffset? Since { get; init; }

    public BillBy By { get; init; }

    /// <summary>One of the node's own price lists; null: all of them, unless there is <see cref="PriceText"/>.</summary>
    public string? PricesName { get; init; }

    /// <summary>A price list of the caller's (docs/ledger.md).</summary>
    public string? PriceText { get; init; }

    /// <summary>Its file's name, for errors.</summary>
    public string? PriceFile { get; init; }
}
