namespace Figment.Api.Contract;

/// <summary>What a row costs by one price list, in its currency.</summary>
public sealed record BillCost
{
    /// <summary>Name of the list.</summary>
    public required string Prices { get; init; }

    public required decimal Cost { get; init; }

    /// <summary>What it would cost, did the same machines run all the time. Null in a row of one state.</summary>
    public decimal? AlwaysOn { get; init; }
}
