using Figment.Model.Signals;

namespace Figment.Machines.States;

/// <summary>A machine is to end: it is stopped as soon as those that depend on it and are to end too have ended.</summary>
public sealed record Leaving
{
    public required AfterStop After { get; init; }

    public required Signal Cause { get; init; }

    /// <summary>Null: the machine's own.</summary>
    public int? StopSignal { get; init; }

    /// <summary>Null: the machine's own.</summary>
    public long? GraceMs { get; init; }
}
