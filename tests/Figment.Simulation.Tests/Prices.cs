using System.Runtime.CompilerServices;
using Figment.Machines.Billing;
using Figment.Simulation.Comparison;

namespace Figment.Simulation.Tests;

/// <summary>The lists that are shipped.</summary>
internal static class Prices
{
    public static ComparisonPrices Shipped => new(Read("2025-01-vm.json"), Read("2025-01-lambda.json"), Read("2026-06-machines.json"));

    private static PriceList Read(string file, [CallerFilePath] string source = "") =>
        PriceFile.Parse(file, File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(source)!, "..", "..", "prices", file)));
}
