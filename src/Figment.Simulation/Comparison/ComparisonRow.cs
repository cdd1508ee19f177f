namespace Figment.Simulation.Comparison;

/// <summary>One way to provide machines for a trace. All of it is simulated.</summary>
public sealed record ComparisonRow
{
    /// <summary><c>always on, 99 %</c>.</summary>
    public required string Policy { get; init; }

    /// <summary>At most so many at once; of functions without them.</summary>
    public required int Machines { get; init; }

    /// <summary>Time with a program that is not frozen, of all machines together; functions while they are billed.</summary>
    public required double HostSeconds { get; init; }

    public double FrozenSeconds { get; init; }

    public required decimal Cost { get; init; }

    /// <summary>Part of the cost that is saved against always on at each level of <see cref="Comparer.Levels"/>; below 0: it costs more.</summary>
    public IReadOnlyList<double> Saved { get; init; } = [];

    public required long P50Us { get; init; }

    public required long P99Us { get; init; }

    public required long MaxUs { get; init; }

    public required long Answered { get; init; }

    public required long Refused { get; init; }

    /// <summary>Not answered: reset, or still open at the end.</summary>
    public required long Failed { get; init; }
}
