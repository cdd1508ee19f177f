using Figment.Machines.Actions;
using Figment.Machines.States;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>depends_on: what a waiting machine waits for.</summary>
internal static class Dependencies
{
    private enum Verdict
    {
        Ready,
        Pending,
        Failed,
    }

    /// <summary>True if all it depends on is ready. Else it was failed, or what is missing was woken.</summary>
    public static bool AreReady(Turn turn, MachineSnapshot machine)
    {
        if (machine.IsStored)
        {
            // It had what it needs when it began.
            return true;
        }

        bool ready = true;
        foreach (var dependency in machine.Launch.DependsOn)
        {
            if (machine.Waived.Contains(dependency.Service))
            {
                continue;
            }

            var others = turn.Machines.Where(other => other.Launch.Service == dependency.Service && other.Name != machine.Name).ToList();
            if (others.Count == 0 && dependency.Required)
            {
                Fail(turn, machine, null, $"service {dependency.Service} has no machine in this application; scale it up or set required: false");
                return false;
            }

            foreach (var other in Scaling.Representatives(others))
            {
                var (verdict, reason) = Judge(dependency.Condition, other);
                if (verdict == Verdict.Failed && dependency.Required)
                {
                    Fail(turn, machine, other.Name, reason);
                    return false;
                }

                if (verdict == Verdict.Pending)
                {
                    ready = false;
                    Want(turn, machine, turn[other.Name], dependency.Condition);
                }
            }
        }

        return ready;
    }

    /// <summary>A program ended badly and nothing starts it again: who waits for its success waits in vain.</summary>
    public static void OnFailedRun(Turn turn, MachineSnapshot ended, string reason)
    {
        foreach (var machine in turn.Machines.Where(machine => machine.State == MachineState.Waiting).ToList())
        {
            foreach (var dependency in machine.Launch.DependsOn)
            {
                if (dependency.Service != ended.Launch.Service || dependency.Condition != DependencyCondition.CompletedSuccessfully)
                {
                    continue;
                }

                if (dependency.Required)
                {
                    Fail(turn, machine, ended.Name, reason);
                    break;
                }

                turn.Do(new MachineAction.Note(machine.Name, $"goes on without {ended.Name}, which is not required: {reason}"));
                turn.Set(turn[machine.Name] with { Waived = turn[machine.Name].Waived.Add(dependency.Service) });
            }
        }
    }

    public static bool DependsOn(MachineSnapshot machine, MachineSnapshot other) =>
        machine.Name != other.Name && machine.Launch.DependsOn.Any(dependency => dependency.Service == other.Launch.Service);

    private static (Verdict Verdict, string Reason) Judge(DependencyCondition condition, MachineSnapshot other)
    {
        if (condition == DependencyCondition.CompletedSuccessfully && other.Succeeded)
        {
            return (Verdict.Ready, "");
        }

        switch (other.State)
        {
            case MachineState.Failed when !other.Cooled:
                return (Verdict.Failed, $"{other.Name} has failed{(other.Cause?.Detail is { } detail ? ": " + detail : "")}");
            case MachineState.Stopped when other.Leaving is null:
                return (Verdict.Failed, $"{other.Name} was stopped; start it first: figment start {other.Name}");
            case MachineState.Elsewhere:
                // Its own node makes it real when it is connected to.
                return (Verdict.Ready, "");
            case MachineState.Completed when condition == DependencyCondition.Started:
                return (Verdict.Ready, "");
            case MachineState.Running or MachineState.Frozen or MachineState.Hibernated when condition == DependencyCondition.Started:
                return (Verdict.Ready, "");
            case MachineState.Running or MachineState.Frozen or MachineState.Hibernated when condition == DependencyCondition.Healthy:
                return other.Health switch
                {
                    HealthState.Healthy => (Verdict.Ready, ""),
                    HealthState.Unhealthy => (Verdict.Failed, $"{other.Name} is unhealthy"),
                    _ when other.Launch.HealthCheck is null or { Disable: true } => (Verdict.Ready, ""),
                    _ => (Verdict.Pending, ""),
                };
            default:
                return (Verdict.Pending, "");
        }
    }

    private static void Want(Turn turn, MachineSnapshot machine, MachineSnapshot other, DependencyCondition condition)
    {
        if (other.Leaving is not null)
        {
            return;
        }

        if (other.AwaitsSignal)
        {
            var cause = new Signal { Kind = SignalKind.Dependency, FromMachine = machine.Name, Detail = $"{machine.Name} needs it {Words(condition)}" };
            Starting.Wake(turn, other, cause, machine.Needed);
        }
        else if (machine.Needed)
        {
            Starting.Need(turn, other);
        }
    }

    private static string Words(DependencyCondition condition) => condition switch
    {
        DependencyCondition.Started => "started",
        DependencyCondition.Healthy => "healthy",
        _ => "completed",
    };

    private static void Fail(Turn turn, MachineSnapshot machine, string? other, string reason) =>
        Ending.Fail(turn, turn[machine.Name], new Signal { Kind = SignalKind.Dependency, FromMachine = other, Detail = reason }, null, []);
}
