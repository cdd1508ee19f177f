using Figment.Model.Signals;

namespace Figment.Api.Contract;

public sealed record EventView
{
    public required string Application { get; init; }

    public required MachineEvent Event { get; init; }

    /// <summary>In an answer to why: the wake of the machine that the cause came from, the last one before this event, and so on. Null: it came from outside, or that is not known.</summary>
    public EventView? Because { get; init; }
}
