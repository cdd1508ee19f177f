namespace Figment.Api.Contract;

/// <summary>What the whole node uses, all that runs on it together, as the kernel tells it (proc(5): stat, meminfo).</summary>
public sealed record NodeUsage
{
    public required DateTimeOffset At { get; init; }

    public required int Processors { get; init; }

    /// <summary>Of all processors together, since the node started; time stolen by others on the same host does not count.</summary>
    public required long ProcessorNanoseconds { get; init; }

    public required long MemoryBytes { get; init; }

    /// <summary>What programs could still have without swapping.</summary>
    public required long MemoryAvailableBytes { get; init; }
}
