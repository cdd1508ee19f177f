namespace Figment.Model.Signals;

/// <summary>What a machine used in one interval of its ledger, that is while it was in one state.</summary>
public sealed record MachineUsage
{
    /// <summary>Time of processors, all of the machine's processes together.</summary>
    public long ProcessorUs { get; init; }

    /// <summary>
    /// Memory times time, in KiB times milliseconds: 1 GiB for 1 s is 1,048,576,000. Bytes times milliseconds would not do: 64 GiB for two days no longer fit a long.
    /// Memory is what the kernel charges the machine's control group with: its processes' and the file pages that it holds.
    /// </summary>
    public long MemoryKibMs { get; init; }

    /// <summary>Over all interfaces but the loopback, with the headers of Ethernet.</summary>
    public long NetworkReceivedBytes { get; init; }

    public long NetworkSentBytes { get; init; }

    public static MachineUsage operator +(MachineUsage left, MachineUsage right) => new()
    {
        ProcessorUs = left.ProcessorUs + right.ProcessorUs,
        MemoryKibMs = left.MemoryKibMs + right.MemoryKibMs,
        NetworkReceivedBytes = left.NetworkReceivedBytes + right.NetworkReceivedBytes,
        NetworkSentBytes = left.NetworkSentBytes + right.NetworkSentBytes,
    };
}
