using Figment.Machines.Billing;

namespace Figment.Simulation.Comparison;

/// <summary>By which lists the policies are priced.</summary>
/// <param name="AlwaysOn">Machines that always run.</param>
/// <param name="Functions">Functions beside them.</param>
/// <param name="Figment">Figment's machines.</param>
public sealed record ComparisonPrices(PriceList AlwaysOn, PriceList Functions, PriceList Figment);
