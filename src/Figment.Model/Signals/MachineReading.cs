namespace Figment.Model.Signals;

/// <summary>A machine's counters at one event, from which a keeper that comes later goes on.</summary>
public sealed record MachineReading
{
    /// <summary>Since its box was started.</summary>
    public long ProcessorUs { get; init; }

    public long MemoryBytes { get; init; }

    /// <summary>Since its interfaces were made.</summary>
    public long NetworkReceivedBytes { get; init; }

    public long NetworkSentBytes { get; init; }
}
