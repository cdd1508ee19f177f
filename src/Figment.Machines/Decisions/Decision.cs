using Figment.Machines.Actions;
using Figment.Machines.States;

namespace Figment.Machines.Decisions;

/// <param name="After">The application as it is from now on.</param>
/// <param name="Actions">What has to be done for it, in order.</param>
public readonly record struct Decision(ApplicationSnapshot After, IReadOnlyList<MachineAction> Actions);
