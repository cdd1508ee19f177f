using Figment.Machines.Billing;
using Figment.Simulation.Comparison;

namespace Figment.Cli.Output;

/// <summary>What a simulation found, as JSON.</summary>
internal sealed record SimulationView
{
    /// <summary>No figure of this was measured.</summary>
    public bool Simulated { get; init; } = true;

    public required string Trace { get; init; }

    public required int Requests { get; init; }

    public required int Services { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Per cent of the seconds in which always-on machines are enough: the places of <see cref="ComparisonRow.Saved"/>.</summary>
    public required IReadOnlyList<double> Levels { get; init; }

    public required IReadOnlyList<ComparisonRow> Rows { get; init; }

    /// <summary>Always-on machines of the cheapest mix with functions, over those that the peak needs.</summary>
    public required double MixShare { get; init; }

    public required int Wakes { get; init; }

    public required long Decisions { get; init; }

    /// <summary>Figment's, by cause.</summary>
    public required IReadOnlyDictionary<string, long> Refused { get; init; }

    public required IReadOnlyDictionary<string, long> Failed { get; init; }

    public required IReadOnlyList<SimulationPrices> Prices { get; init; }

    public static SimulationView Of(ComparisonResult result, ComparisonPrices prices, string trace) => new()
    {
        Trace = trace,
        Requests = result.Requests,
        Services = result.Services,
        Seconds = result.Figment.HorizonUs / 1e6,
        Levels = Comparer.Levels,
        Rows = result.Rows,
        MixShare = result.MixShare,
        Wakes = result.Figment.Wakes,
        Decisions = result.Figment.Decisions,
        Refused = result.Figment.Refused,
        Failed = result.Figment.Failed,
        Prices = [Of("always on", prices.AlwaysOn), Of("functions", prices.Functions), Of("figment", prices.Figment)],
    };

    private static SimulationPrices Of(string policy, PriceList list) => new(policy, list.Name, list.Title, list.Source, list.Dated, list.Currency);
}
