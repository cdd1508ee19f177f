namespace Figment.Model.States;

/// <summary>What states have in common.</summary>
public static class StateKinds
{
    /// <summary>There is a box, with a program or about to have one.</summary>
    public static bool RunsProgram(this MachineState state) => state is MachineState.Starting or MachineState.Running or MachineState.Frozen or MachineState.Stopping;
}
