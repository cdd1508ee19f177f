using Figment.Machines.Actions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>
/// Between nodes. The launch record says at which node a machine is: of one that is at another nothing starts here, even while the two nodes have not agreed yet. What becomes of it is decided by their daemons.
/// </summary>
internal static class Moving
{
    public static void OnPlaced(Turn turn, MachineSnapshot machine, string? node)
    {
        machine = machine with { Launch = machine.Launch with { Node = node } };
        turn.Set(machine);
        Follow(turn, machine);
    }

    /// <summary>A machine without a program is at once where its launch record says; what came of one waits until it is admitted.</summary>
    public static MachineSnapshot Follow(Turn turn, MachineSnapshot machine)
    {
        if (machine is { Launch.Node: { } node, RunsProgram: false, Leaving: null } and { State: not MachineState.Elsewhere })
        {
            bool isStored = machine.IsStored;
            return turn.Move(Ending.Clear(machine, machine.ExitCode) with { IsStored = isStored }, MachineState.Elsewhere, new Signal { Kind = SignalKind.Move, Detail = $"it is at node {node}" });
        }

        if (machine is { Launch.Node: null, State: MachineState.Elsewhere, IsArriving: false, IsStored: false })
        {
            return turn.Move(machine, MachineState.Imaginary, new Signal { Kind = SignalKind.Move, Detail = "it is at this node" });
        }

        return machine;
    }

    /// <summary>It is another node's, and has ended here.</summary>
    public static void OnDeparted(Turn turn, MachineSnapshot machine)
    {
        if (!machine.RunsProgram)
        {
            return;
        }

        turn.Schedule(machine, TimerKind.BoxLinger, turn.NowMs + Limits.BoxLingerMs);
        var leaving = machine.Leaving;
        machine = Ending.Clear(machine, null) with { FastDeaths = 0, BackoffUntilMs = 0, Restarts = 0, Leaving = leaving is { After: AfterStop.Forget } ? leaving : null };
        turn.Move(machine, MachineState.Elsewhere, new Signal { Kind = SignalKind.Move, Detail = $"it has left for node {machine.Launch.Node ?? "(unknown)"}, with its connections" });
    }

    public static void OnArrive(Turn turn, MachineInput.ArriveAsked asked)
    {
        if (Lifecycle.ArrivalComplaint(turn.Now, asked.Machine) is { } complaint)
        {
            turn.Answer(asked.Request, complaint);
            return;
        }

        var machine = turn[asked.Machine];
        Spawn(turn, machine with { Arrivals = machine.Arrivals.Add(asked.Request) });
    }

    public static void OnHeld(Turn turn, MachineSnapshot machine)
    {
        if (machine is not { IsArriving: true, Box: { } box })
        {
            return;
        }

        machine = machine with { IsHeld = true };
        turn.Set(machine);
        if (!machine.Dismissals.IsEmpty)
        {
            turn.Do(new MachineAction.ReleaseBox(machine.Name, box, Runs: false));
        }
        else if (machine.Launch.Node is null)
        {
            Run(turn, machine, box);
        }
        else
        {
            AnswerArrivals(turn, machine, null);
        }
    }

    /// <summary>Its box has ended, or is about to. What is on storage stays; if nothing is, of a machine that is this node's, its program has ended.</summary>
    public static void OnNotArrived(Turn turn, MachineSnapshot machine, string reason, bool isStored)
    {
        machine = machine with { IsArriving = false, IsHeld = false };
        turn.Set(machine);
        AnswerArrivals(turn, machine, reason);
        machine = turn[machine.Name];
        if (machine is { Launch.Node: null, IsStored: true } && !isStored)
        {
            Ending.Ended(turn, machine, new Signal { Kind = SignalKind.BoxLost, Detail = reason }, 137, [reason]);
        }
        else if (machine is { Launch.Node: null, IsStored: true })
        {
            Ending.Fail(turn, machine, new Signal { Kind = SignalKind.Exit, Detail = $"it did not come back from storage, where it still is: {reason}; figment start {machine.Name} tries again, figment rm {machine.Name} discards it" }, null, []);
        }
    }

    public static void OnAdmit(Turn turn, MachineInput.AdmitAsked asked)
    {
        if (turn.Now.GoingDown || turn.Find(asked.Machine) is not { } machine)
        {
            turn.Answer(asked.Request, turn.Now.GoingDown ? "the application is going down" : $"no machine {asked.Machine} in this application");
            return;
        }

        machine = machine with { Launch = machine.Launch with { Node = null }, Waiters = machine.Waiters.Add(new Waiter(asked.Request, ForEnd: false)) };
        turn.Set(machine);
        if (machine is { IsHeld: true, Box: { } box })
        {
            Run(turn, machine, box);
        }
        else if (machine is { State: MachineState.Elsewhere or MachineState.Failed, IsStored: true, Box: null })
        {
            Spawn(turn, machine);
        }
        else if (machine is { State: MachineState.Elsewhere or MachineState.Failed, IsStored: true, IsArriving: false })
        {
            turn.Set(machine with { Waiters = machine.Waiters.RemoveAll(waiter => waiter.Request == asked.Request) });
            turn.Answer(asked.Request, $"the box of {asked.Machine} is ending: ask again");
        }
        else if (machine is { State: MachineState.Elsewhere, IsArriving: false, IsStored: false } or { State: MachineState.Imaginary } or { State: MachineState.Failed or MachineState.Stopped or MachineState.Completed, IsStored: false })
        {
            // It came without a program, or it has had one here.
            turn.Set(machine with { Waiters = machine.Waiters.RemoveAll(waiter => waiter.Request == asked.Request) });
            Follow(turn, turn[machine.Name]);
            turn.Answer(asked.Request);
        }
    }

    public static void OnDismiss(Turn turn, MachineInput.DismissAsked asked)
    {
        if (turn.Find(asked.Machine) is not { } machine || machine.Launch.Node is null)
        {
            turn.Answer(asked.Request, turn.Find(asked.Machine) is null ? null : $"{asked.Machine} is at this node");
            return;
        }

        machine = machine with { IsStored = machine.IsStored && asked.Keep, Dismissals = machine.Dismissals.Add(asked.Request) };
        turn.Set(machine);
        if (machine is { IsHeld: true, Box: { } box })
        {
            turn.Do(new MachineAction.ReleaseBox(machine.Name, box, Runs: false));
            turn.Schedule(machine, TimerKind.BoxLinger, turn.NowMs + Limits.BoxLingerMs);
        }
        else if (machine is { IsArriving: true, Box: { } restoring })
        {
            turn.Do(new MachineAction.KillBox(machine.Name, restoring));
        }
    }

    /// <summary>Who has a machine dismissed is answered when it has no box. Unless it may still be admitted nothing of it is here then.</summary>
    public static void Answer(Turn turn)
    {
        foreach (var dismissed in turn.Machines.Where(machine => !machine.Dismissals.IsEmpty && machine.Box is null).ToList())
        {
            // Its program may have ended here, whatever of, after the verdict.
            var machine = Follow(turn, dismissed);
            if (machine is { State: MachineState.Elsewhere, IsStored: false })
            {
                turn.Do(new MachineAction.LeaveMachine(machine.Name));
            }

            foreach (long request in machine.Dismissals)
            {
                turn.Answer(request);
            }

            turn.Set(machine with { Dismissals = [] });
        }
    }

    private static void Spawn(Turn turn, MachineSnapshot machine)
    {
        long box = turn.Now.NextBox;
        turn.Set(turn.Now with { NextBox = box + 1 });
        turn.Set(machine with { Box = box, IsArriving = true, IsHeld = false, IsStored = true });
        turn.Do(new MachineAction.SpawnBox(machine.Name, box, Arrives: true));
    }

    private static void Run(Turn turn, MachineSnapshot machine, long box)
    {
        machine = turn.Move(machine with { IsArriving = false, IsHeld = false, RunningAtMs = turn.NowMs }, MachineState.Starting, Arrived());
        turn.Do(new MachineAction.ReleaseBox(machine.Name, box, Runs: true));
        AnswerArrivals(turn, machine, null);
    }

    private static Signal Arrived() => new() { Kind = SignalKind.Move, Detail = "it has come from another node, with its connections" };

    private static void AnswerArrivals(Turn turn, MachineSnapshot machine, string? error)
    {
        foreach (long request in machine.Arrivals)
        {
            turn.Answer(request, error);
        }

        turn.Set(turn[machine.Name] with { Arrivals = [] });
    }
}
