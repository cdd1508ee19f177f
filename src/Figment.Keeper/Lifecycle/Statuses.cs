using Figment.Keeper.Boxes;
using Figment.Machines.States;
using Figment.Model.Control;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Keeper.Lifecycle;

/// <summary>A machine as the control socket tells it.</summary>
internal static class Statuses
{
    public static MachineStatus Of(MachineSnapshot machine, ApplicationSnapshot application, Box? box, DateTimeOffset since, MachineUsage? spent, IReadOnlyList<string> notes) => new()
    {
        Machine = machine.Name,
        Service = machine.Launch.Service,
        State = machine.State,
        Health = machine.Health,
        Node = machine.State == MachineState.Elsewhere ? machine.Launch.Node : null,
        Since = since,
        Pid = machine.RunsProgram ? box?.ProgramPid : null,
        BoxPid = box?.Process?.Pid,
        Ports = machine.Launch.Ports,
        Restarts = machine.Restarts,
        ExitCode = machine.ExitCode,
        Cause = machine.Cause,
        Notes = notes,
        NotIdle = machine.State == MachineState.Running ? machine.Busy : null,
        NotStored = machine.State == MachineState.Frozen ? machine.NotStored : null,
        FromSnapshot = machine.IsClone,
        NoSnapshot = machine.Launch.FromSnapshot && application.Kinds.GetValueOrDefault(machine.Launch.Kind) is { IsThere: false } missing ? missing.Missing : null,
        Spent = spent,
        Cgroups = box?.Cgroups ?? new Dictionary<string, string>(),
    };
}
