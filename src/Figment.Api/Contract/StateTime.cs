using Figment.Model.States;

namespace Figment.Api.Contract;

/// <summary>How long machines were in a state, added up.</summary>
public sealed record StateTime(MachineState State, long WallUs);
