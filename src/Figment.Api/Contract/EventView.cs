using Figment.Model.Signals;

namespace Figment.Api.Contract;

public sealed record EventView
{
    public required string Application { get; init; }

    public required MachineEvent Event { get; init; }
}
