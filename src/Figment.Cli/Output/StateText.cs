using Figment.Api.Contract;
using Figment.Model.States;

namespace Figment.Cli.Output;

/// <summary>States as words.</summary>
internal static class StateText
{
    public static string Word(MachineState state) => state switch
    {
        MachineState.Imaginary => "imaginary",
        MachineState.Waiting => "waiting",
        MachineState.Starting => "starting",
        MachineState.Running => "running",
        MachineState.Frozen => "frozen",
        MachineState.Hibernated => "hibernated",
        MachineState.Stopping => "stopping",
        MachineState.Stopped => "stopped",
        MachineState.Completed => "completed",
        MachineState.Failed => "failed",
        MachineState.Elsewhere => "elsewhere",
        _ => state.ToString(),
    };

    /// <summary><c>running (healthy)</c>, <c>failed (1)</c>.</summary>
    public static string Of(MachineView machine) => machine switch
    {
        { State: MachineState.Running } when Remarks(machine) is { Length: > 0 } remarks => $"running ({remarks})",
        { State: MachineState.Frozen, NotStored: not null } => "frozen (stays in memory)",
        { State: MachineState.Elsewhere, Node: { } node } => $"at node {node}",
        { State: MachineState.Completed or MachineState.Failed or MachineState.Stopped, ExitCode: { } code } => $"{Word(machine.State)} ({code})",
        _ => Word(machine.State),
    };

    private static string Remarks(MachineView machine)
    {
        string? health = machine.Health switch
        {
            HealthState.Starting => "health: starting",
            HealthState.Healthy => "healthy",
            HealthState.Unhealthy => "unhealthy",
            _ => null,
        };
        return string.Join(", ", new[] { health, machine.FromSnapshot ? "from snapshot" : null, machine.NotIdle is null ? null : "never idle" }.OfType<string>());
    }

    public static string? Colour(MachineView machine) => machine switch
    {
        { State: MachineState.Running, Health: HealthState.Unhealthy } => Palette.Red,
        _ => Colour(machine.State),
    };

    public static string? Colour(MachineState state) => state switch
    {
        MachineState.Failed => Palette.Red,
        MachineState.Running => Palette.Green,
        MachineState.Waiting or MachineState.Starting or MachineState.Stopping => Palette.Yellow,
        _ => Palette.Dim,
    };
}
