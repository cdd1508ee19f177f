using Figment.Api.Contract;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Node.Views;

/// <summary>Puts together what the launch file and the keeper know of machines. Pure.</summary>
public static class MachineViews
{
    /// <param name="launch">The launch file.</param>
    /// <param name="spec">The application as described, for image names.</param>
    /// <param name="statuses">The keeper's answer; null when no keeper answers.</param>
    /// <param name="now">The time given to machines of which nothing is known.</param>
    public static IReadOnlyList<MachineView> Of(ApplicationLaunch launch, ApplicationSpec? spec, IReadOnlyList<MachineStatus>? statuses, DateTimeOffset now)
    {
        var byName = (statuses ?? []).ToDictionary(status => status.Machine);
        return [.. launch.Machines.Select(machine => Of(launch.Application, machine, spec, byName.GetValueOrDefault(machine.Name), now))];
    }

    public static MachineView Of(string application, MachineLaunch machine, ApplicationSpec? spec, MachineStatus? status, DateTimeOffset now) => new()
    {
        Application = application,
        Machine = machine.Name,
        Service = machine.Service,
        Image = spec?.Services.FirstOrDefault(service => service.Name == machine.Service)?.Image,
        Command = machine.Program.Arguments,
        State = status?.State ?? MachineState.Imaginary,
        Health = status?.Health ?? HealthState.None,
        Node = status?.Node,
        Since = status?.Since ?? now,
        Pid = status?.Pid,
        ExitCode = status?.ExitCode,
        Restarts = status?.Restarts ?? 0,
        Addresses = [.. machine.Interfaces.Select(face => new KeyValuePair<string, string>(face.Network, face.Address))],
        Ports = status is { Ports.Count: > 0 } ? status.Ports : machine.Ports,
        Published = machine.Published,
        Cause = status?.Cause,
        NotIdle = status?.NotIdle,
        NotStored = status?.NotStored,
        FromSnapshot = status?.FromSnapshot ?? false,
        NoSnapshot = status?.NoSnapshot,
    };
}
