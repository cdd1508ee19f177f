using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Api.Contract;

/// <summary>A machine at one moment.</summary>
public sealed record TopMachine
{
    public required string Application { get; init; }

    public required string Machine { get; init; }

    public required string Service { get; init; }

    public required MachineState State { get; init; }

    /// <summary>When it came into its state.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Why it runs although nobody needs it; null: somebody does, or it is about to be frozen.</summary>
    public string? NotIdle { get; init; }

    /// <summary>How often it went from rest to work, as far back as the journal knows.</summary>
    public required long Wakes { get; init; }

    /// <summary>What woke it last; null: nothing yet, or that was more than a day ago.</summary>
    public SignalKind? LastWakeCause { get; init; }

    public DateTimeOffset? LastWakeAt { get; init; }

    /// <summary>Null: it has no program.</summary>
    public UsageView? Usage { get; init; }
}
