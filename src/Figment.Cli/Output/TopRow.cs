using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Cli.Output;

/// <summary>A machine as <c>top</c> shows it; rates are between two samples, and null if it had no program at both.</summary>
internal sealed record TopRow
{
    public required string Application { get; init; }

    public required string Machine { get; init; }

    public required string Service { get; init; }

    public required MachineState State { get; init; }

    public required double StateSeconds { get; init; }

    /// <summary>Why it runs although nobody needs it.</summary>
    public string? NotIdle { get; init; }

    /// <summary>100 is one core.</summary>
    public double? ProcessorPercent { get; init; }

    public long? MemoryBytes { get; init; }

    /// <summary>0: no limit.</summary>
    public long? MemoryLimitBytes { get; init; }

    public int? Processes { get; init; }

    public double? ReceivedBytesPerSecond { get; init; }

    public double? SentBytesPerSecond { get; init; }

    public required long Wakes { get; init; }

    public SignalKind? LastWakeCause { get; init; }

    public double? LastWakeSecondsAgo { get; init; }
}
