using Figment.Model.States;

namespace Figment.Model.Signals;

/// <summary>One line of an application's ledger (<c>ledger.jsonl</c> in its runtime folder, then the node's journal).</summary>
public sealed record MachineEvent
{
    /// <summary>Counts up by one within the application, without gaps, over keepers.</summary>
    public required long Sequence { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Machine { get; init; }

    public required MachineState From { get; init; }

    public required MachineState To { get; init; }

    public required Signal Cause { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>Its program has not been started: it went on from a snapshot of its kind.</summary>
    public bool FromSnapshot { get; init; }

    /// <summary>Last lines the program wrote, when it died.</summary>
    public IReadOnlyList<string> LastLines { get; init; } = [];

    /// <summary>What the machine used in the interval that this event ends, while it was in <see cref="From"/>. Null if it had no program then.</summary>
    public MachineUsage? Spent { get; init; }

    /// <summary>Its counters at this event. Null if it has no program from here on.</summary>
    public MachineReading? Reading { get; init; }
}
