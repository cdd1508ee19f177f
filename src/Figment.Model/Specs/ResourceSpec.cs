namespace Figment.Model.Specs;

/// <summary>Limits and reservations of one machine; null: none.</summary>
public sealed record ResourceSpec
{
    /// <summary>Cores, as a fraction.</summary>
    public double? Cpus { get; init; }

    public double? CpusReserved { get; init; }

    public long? MemoryBytes { get; init; }

    public long? MemoryReservedBytes { get; init; }

    /// <summary>Memory and swap together; -1: unlimited swap.</summary>
    public long? MemorySwapBytes { get; init; }

    public long? PidsMax { get; init; }

    public long? ShmSizeBytes { get; init; }
}
