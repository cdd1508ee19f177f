namespace Figment.Cli.Output;

/// <summary>By which list something was priced.</summary>
/// <param name="Policy">Whose machines.</param>
/// <param name="Name">The list's.</param>
/// <param name="Title">Whose prices.</param>
/// <param name="Source">Where they are from.</param>
/// <param name="Dated">Of when.</param>
/// <param name="Currency">In which all costs stand.</param>
internal sealed record SimulationPrices(string Policy, string Name, string Title, string Source, DateOnly Dated, string Currency);
