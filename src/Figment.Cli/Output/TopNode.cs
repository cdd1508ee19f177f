namespace Figment.Cli.Output;

/// <summary>The node's line of <c>top</c>: all that runs on it, Figment's or not.</summary>
internal sealed record TopNode
{
    public required int Processors { get; init; }

    /// <summary>100 is one core.</summary>
    public required double ProcessorPercent { get; init; }

    public required long MemoryBytes { get; init; }

    /// <summary>What programs could not have.</summary>
    public required long MemoryUsedBytes { get; init; }
}
