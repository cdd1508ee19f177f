namespace Figment.Bench.Reporting;

/// <summary>One line of a plot, its points in order of X.</summary>
internal sealed record LineSeries(string Name, IReadOnlyList<(double X, double Y)> Points);
