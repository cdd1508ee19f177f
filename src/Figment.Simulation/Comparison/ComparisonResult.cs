using Figment.Simulation.Results;

namespace Figment.Simulation.Comparison;

/// <summary>A trace under several policies. All of it is simulated.</summary>
public sealed record ComparisonResult
{
    public required IReadOnlyList<ComparisonRow> Rows { get; init; }

    /// <summary>Figment's own run, with its intervals.</summary>
    public required SimulationResult Figment { get; init; }

    /// <summary>Always-on machines of the cheapest mix, over all machines that its peak needs.</summary>
    public required double MixShare { get; init; }

    public required int Requests { get; init; }

    public required int Services { get; init; }
}
