namespace Figment.Api.Contract;

/// <summary>One machine's use at one moment. Processor time is a counter: two samples make a rate.</summary>
public sealed record UsageView
{
    public required string Application { get; init; }

    public required string Machine { get; init; }

    public required DateTimeOffset At { get; init; }

    public required long ProcessorNanoseconds { get; init; }

    public required long MemoryBytes { get; init; }

    /// <summary>0: no limit.</summary>
    public required long MemoryLimitBytes { get; init; }

    public required int Processes { get; init; }

    public long NetworkReceivedBytes { get; init; }

    public long NetworkSentBytes { get; init; }
}
