using Figment.Machines.Actions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>What users ask of single machines, and the end of all.</summary>
internal static class Requests
{
    private const int KillSignal = 9;

    public static void OnStart(Turn turn, MachineInput.StartAsked asked)
    {
        if (Find(turn, asked.Request, asked.Machine) is not { } machine)
        {
            return;
        }

        if (machine.Leaving is { After: AfterStop.Forget })
        {
            turn.Answer(asked.Request, $"{machine.Name} is being removed from the application");
            return;
        }

        if (RefuseElsewhere(turn, machine, asked.Request))
        {
            return;
        }

        var cause = User("start");
        if (asked.Wait)
        {
            machine = AddWaiter(turn, machine, asked.Request, forEnd: false);
        }
        else
        {
            turn.Answer(asked.Request);
        }

        if (machine is { RunsProgram: true, Leaving: not null })
        {
            if (machine.Leaving.After != AfterStop.Renew)
            {
                turn.Set(machine with { Leaving = machine.Leaving with { After = AfterStop.Start, Cause = cause } });
            }
        }
        else if (!machine.RunsProgram && machine.State != MachineState.Waiting)
        {
            Starting.Wake(turn, machine with { FastDeaths = 0, BackoffUntilMs = 0, Leaving = null }, cause, needed: asked.Wait);
        }
        else if (machine is { State: MachineState.Frozen, Box: not null })
        {
            Idling.Thaw(turn, machine, cause);
        }
        else if (machine.State == MachineState.Waiting)
        {
            turn.Set(machine with { BackoffUntilMs = 0, FastDeaths = 0, Leaving = null });
        }

        if (asked.Wait)
        {
            Starting.Need(turn, turn[machine.Name]);
        }
    }

    public static void OnRestore(Turn turn, MachineInput.RestoreAsked asked)
    {
        if (Lifecycle.RestoreComplaint(turn.Now, asked.Machine) is { } complaint)
        {
            turn.Answer(asked.Request, complaint);
            return;
        }

        var machine = AddWaiter(turn, turn[asked.Machine], asked.Request, forEnd: false);
        Starting.Wake(turn, machine with { IsStored = true, FastDeaths = 0, BackoffUntilMs = 0 }, User(asked.CloneOf is null ? "restore" : $"clone of {asked.CloneOf}"), needed: true);
    }

    public static void OnStop(Turn turn, MachineInput.StopAsked asked)
    {
        if (Find(turn, asked.Request, asked.Machine) is not { } machine)
        {
            return;
        }

        if (machine.Leaving is { After: AfterStop.Forget })
        {
            AddWaiter(turn, machine, asked.Request, forEnd: true);
            return;
        }

        if (RefuseElsewhere(turn, machine, asked.Request))
        {
            return;
        }

        if (machine is { State: MachineState.Stopped, Leaving: null } && !asked.ToImaginary)
        {
            turn.Answer(asked.Request);
            return;
        }

        if (machine is { State: MachineState.Imaginary, Leaving: null } && asked.ToImaginary)
        {
            turn.Answer(asked.Request);
            return;
        }

        machine = AddWaiter(turn, machine, asked.Request, forEnd: true);
        Leave(turn, machine, new Leaving
        {
            After = asked.ToImaginary ? AfterStop.Imaginary : AfterStop.Stopped,
            Cause = User("stop"),
            StopSignal = asked.Signal,
            GraceMs = asked.GraceMs,
        });
    }

    public static void OnRestart(Turn turn, MachineInput.RestartAsked asked)
    {
        if (Find(turn, asked.Request, asked.Machine) is not { } machine)
        {
            return;
        }

        if (!(machine.RunsProgram || machine.State == MachineState.Hibernated) || machine.Leaving is { After: AfterStop.Forget or AfterStop.Renew })
        {
            OnStart(turn, new MachineInput.StartAsked(asked.Request, asked.Machine, Wait: true));
            return;
        }

        machine = AddWaiter(turn, machine, asked.Request, forEnd: false);
        Leave(turn, machine, new Leaving { After = AfterStop.Start, Cause = User("restart"), GraceMs = asked.GraceMs });
        foreach (var other in turn.Machines.Where(other => other is { RunsProgram: true, Leaving: null }
            && other.Launch.DependsOn.Any(dependency => dependency.Restart && dependency.Service == machine.Launch.Service)).ToList())
        {
            turn.Set(other with
            {
                Leaving = new Leaving
                {
                    After = AfterStop.Start,
                    Cause = new Signal { Kind = SignalKind.Dependency, FromMachine = machine.Name, Detail = $"{machine.Name} is restarted" },
                },
            });
        }
    }

    public static void OnKill(Turn turn, MachineInput.KillAsked asked)
    {
        if (Find(turn, asked.Request, asked.Machine) is not { } machine)
        {
            return;
        }

        if (!machine.RunsProgram || machine.Box is not { } box)
        {
            turn.Answer(asked.Request, $"{machine.Name} is {machine.State}: there is no program to send a signal to{(machine.State == MachineState.Hibernated ? $"; bring it back first: figment start {machine.Name}" : "")}");
            return;
        }

        turn.Set(machine with { KilledByUser = machine.KilledByUser || asked.Signal == KillSignal || asked.Signal == machine.Launch.Program.StopSignal });
        turn.Do(new MachineAction.SignalProgram(machine.Name, box, asked.Signal));
        turn.Answer(asked.Request);
    }

    public static void OnRemove(Turn turn, MachineInput.RemoveAsked asked)
    {
        if (Find(turn, asked.Request, asked.Machine) is not { } machine)
        {
            return;
        }

        if (RefuseElsewhere(turn, machine, asked.Request))
        {
            return;
        }

        if ((machine.RunsProgram || machine.State == MachineState.Hibernated) && !asked.Force)
        {
            turn.Answer(asked.Request, $"{machine.Name} is {machine.State}; stop it first (figment stop {machine.Name}), or remove it with --force");
            return;
        }

        machine = AddWaiter(turn, machine, asked.Request, forEnd: true);
        if (machine.Leaving is not { After: AfterStop.Forget or AfterStop.Renew })
        {
            Leave(turn, machine, new Leaving { After = AfterStop.Clean, Cause = User("rm"), StopSignal = KillSignal, GraceMs = 0 });
        }
    }

    public static void OnDown(Turn turn, MachineInput.DownAsked asked)
    {
        bool again = turn.Now.GoingDown;
        foreach (long update in turn.Now.UpdateRequests)
        {
            turn.Answer(update, "the application is going down");
        }

        turn.Set(turn.Now with { GoingDown = true, DownRequests = turn.Now.DownRequests.Add(asked.Request), UpdateRequests = [] });
        if (again)
        {
            return;
        }

        var cause = new Signal { Kind = SignalKind.Down };
        foreach (var machine in turn.Machines.Where(machine => machine.State != MachineState.Stopped || machine.Leaving is not null).ToList())
        {
            Leave(turn, machine, new Leaving { After = AfterStop.Stopped, Cause = cause, GraceMs = asked.GraceMs });
        }
    }

    /// <summary>The box had its time.</summary>
    public static void OnStopTimeout(Turn turn, MachineSnapshot machine)
    {
        if (machine is { State: MachineState.Stopping, Box: { } box })
        {
            turn.Do(new MachineAction.Note(machine.Name, "its box did not stop the program in time and is killed"));
            turn.Do(new MachineAction.KillBox(machine.Name, box));
        }
    }

    public static void OnBoxLinger(Turn turn, MachineSnapshot machine, long token)
    {
        if (machine.Box == token)
        {
            turn.Do(new MachineAction.Note(machine.Name, "its box did not end after the program and is killed"));
            turn.Do(new MachineAction.KillBox(machine.Name, token));
        }
    }

    public static Signal User(string verb) => new() { Kind = SignalKind.User, Detail = verb };

    /// <summary>A later wish replaces an earlier one; a program that is being stopped is asked again only to hurry.</summary>
    public static void Leave(Turn turn, MachineSnapshot machine, Leaving leaving)
    {
        machine = machine with { Leaving = leaving };
        turn.Set(machine);
        if (machine.State == MachineState.Stopping && (leaving.GraceMs is not null || leaving.StopSignal is not null))
        {
            Settling.SendStop(turn, machine, leaving);
        }
    }

    private static bool RefuseElsewhere(Turn turn, MachineSnapshot machine, long request)
    {
        if (machine.State != MachineState.Elsewhere)
        {
            return false;
        }

        turn.Answer(request, $"{machine.Name} is at node {machine.Launch.Node ?? "(unknown)"}: ask there");
        return true;
    }

    private static MachineSnapshot AddWaiter(Turn turn, MachineSnapshot machine, long request, bool forEnd)
    {
        machine = machine with { Waiters = machine.Waiters.Add(new Waiter(request, forEnd)) };
        turn.Set(machine);
        return machine;
    }

    private static MachineSnapshot? Find(Turn turn, long request, string name)
    {
        if (turn.Now.GoingDown)
        {
            turn.Answer(request, "the application is going down");
            return null;
        }

        if (turn.Find(name) is { } machine)
        {
            return machine;
        }

        turn.Answer(request, $"no machine {name} in this application; it has: {string.Join(", ", turn.Now.Machines.Keys)}");
        return null;
    }
}
