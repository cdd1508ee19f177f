namespace Figment.Simulation.Comparison;

/// <summary>What is taken for functions, beside always-on machines, as in the paper on Boxer (arXiv 2407.00832).</summary>
public sealed record FunctionModel
{
    /// <summary>Until a function is there that was not: the paper's 200 ms.</summary>
    public long ColdUs { get; init; } = 200_000;

    /// <summary>How long one that has nothing to do stays warm, at nobody's cost.</summary>
    public long WarmUs { get; init; } = 300_000_000;

    /// <summary>What a connection to a function takes longer than one to a machine: 2,735 µs less 1,067 µs, as the paper measured.</summary>
    public long ConnectUs { get; init; } = 1_668;

    /// <summary>So many functions for each request: the paper's 1, 2, 4 and 8 times.</summary>
    public int PerRequest { get; init; } = 1;
}
