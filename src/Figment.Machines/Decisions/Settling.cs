using Figment.Machines.Actions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>What follows of itself after any input: waiting machines that may start do, machines that are to end do in order, requests are answered.</summary>
internal static class Settling
{
    /// <summary>Each round moves at least one machine on its way to a fixed point, and a machine takes a few steps at most: more rounds are a fault of ours.</summary>
    private const int RoundsPerMachineMax = 16;

    public static void Run(Turn turn)
    {
        Scaling.Begin(turn);
        int rounds = 0;
        int max = RoundsPerMachineMax * (turn.Now.Machines.Count + 1);
        ApplicationSnapshot before;
        do
        {
            before = turn.Now;
            foreach (string machine in before.Machines.Keys)
            {
                Leave(turn, machine);
                Start(turn, machine);
            }

            if (++rounds > max)
            {
                throw new InvalidOperationException($"decisions about {turn.Now.Machines.Count} machines did not settle after {max} rounds");
            }
        }
        while (!ReferenceEquals(before, turn.Now));

        Warming.Take(turn);
        Idling.Settle(turn);
        Scaling.Lead(turn);
        HoldPlaceholders(turn);
        DropStored(turn);
        AnswerWaiters(turn);
        Moving.Answer(turn);
        bool isEnd = turn.Now is { GoingDown: true, Gone: false } && turn.Machines.All(machine => machine.Box is null && !machine.RunsProgram);
        Warming.DropUnused(turn, isEnd);
        if (isEnd)
        {
            turn.Finish(turn.Now.DownRequests);
            turn.Set(turn.Now with { Gone = true, DownRequests = [] });
        }
    }

    private static void Start(Turn turn, string name)
    {
        if (turn.Find(name) is { State: MachineState.Waiting, Leaving: null, Launch.Node: null } machine
            && turn.NowMs >= machine.BackoffUntilMs
            && Dependencies.AreReady(turn, machine)
            && turn[name] is { State: MachineState.Waiting, Box: null } ready)
        {
            Starting.Spawn(turn, ready);
        }
    }

    private static void Leave(Turn turn, string name)
    {
        if (turn.Find(name) is not { Leaving: { } leaving } machine)
        {
            return;
        }

        if (machine.RunsProgram)
        {
            if (machine.State != MachineState.Stopping && !IsHeldByOthers(turn, machine))
            {
                Stop(turn, machine, leaving);
            }

            return;
        }

        if (Hibernating.ComesBackToEnd(machine))
        {
            if (machine.Box is null)
            {
                Starting.Spawn(turn, machine with { Cause = leaving.Cause });
            }

            return;
        }

        if (leaving.After != AfterStop.Forget || machine.State != MachineState.Stopped)
        {
            Ending.Leave(turn, machine, null, []);
        }
        else if (machine.Box is null)
        {
            turn.Do(new MachineAction.ForgetMachine(name, machine.Launch.Root.OverlayDirectory));
            foreach (var waiter in machine.Waiters)
            {
                turn.Answer(waiter.Request, waiter.ForEnd ? null : $"{name} was removed before it ran");
            }

            turn.Remove(name);
        }
    }

    /// <summary>Those that depend on it end first.</summary>
    private static bool IsHeldByOthers(Turn turn, MachineSnapshot machine) =>
        turn.Machines.Any(other => other is { Leaving: not null, RunsProgram: true } && Dependencies.DependsOn(other, machine) && !Dependencies.DependsOn(machine, other));

    private static void Stop(Turn turn, MachineSnapshot machine, Leaving leaving)
    {
        machine = turn.Move(machine, MachineState.Stopping, leaving.Cause);
        SendStop(turn, machine, leaving);
    }

    /// <summary>Asks the box to stop its program and sets the time by which it must have.</summary>
    public static void SendStop(Turn turn, MachineSnapshot machine, Leaving leaving)
    {
        if (machine.Box is { } box)
        {
            long graceMs = leaving.GraceMs ?? machine.Launch.Program.StopGraceMs;
            turn.Do(new MachineAction.StopProgram(machine.Name, box, leaving.StopSignal, leaving.GraceMs));
            turn.Schedule(machine, TimerKind.StopTimeout, turn.NowMs + graceMs + Limits.StopMarginMs);
        }
    }

    private static void HoldPlaceholders(Turn turn)
    {
        foreach (var machine in turn.Machines)
        {
            bool held = turn.Before.Machines.GetValueOrDefault(machine.Name) is { HoldsPlaceholders: true };
            if (machine.HoldsPlaceholders && !held)
            {
                turn.Do(new MachineAction.HoldPlaceholders(machine.Name));
            }
            else if (held && !machine.HoldsPlaceholders && machine.State is MachineState.Failed or MachineState.Stopped)
            {
                turn.Do(new MachineAction.ClosePlaceholders(machine.Name));
            }
        }
    }

    private static void DropStored(Turn turn)
    {
        foreach (var machine in turn.Machines.Where(machine => !machine.IsStored && turn.WasStored(machine)))
        {
            turn.Do(new MachineAction.DropStored(machine.Name));
        }
    }

    private static void AnswerWaiters(Turn turn)
    {
        foreach (var machine in turn.Machines.Where(machine => !machine.Waiters.IsEmpty).ToList())
        {
            var left = machine.Waiters;
            foreach (var waiter in machine.Waiters)
            {
                if (Verdict(machine, waiter) is { } verdict)
                {
                    turn.Answer(waiter.Request, verdict.Length == 0 ? null : verdict);
                    left = left.Remove(waiter);
                }
            }

            turn.Set(machine with { Waiters = left });
        }

        if (!turn.Now.UpdateRequests.IsEmpty && !turn.Machines.Any(machine => machine.Leaving is { After: AfterStop.Forget or AfterStop.Renew }))
        {
            foreach (long request in turn.Now.UpdateRequests)
            {
                turn.Answer(request);
            }

            turn.Set(turn.Now with { UpdateRequests = [] });
        }
    }

    /// <summary>Null: not yet; empty: as asked; else what went wrong.</summary>
    private static string? Verdict(MachineSnapshot machine, Waiter waiter)
    {
        bool isStuck = machine is { State: MachineState.Failed, IsStored: true, Leaving: null };
        bool onTheWay = machine.Leaving is not null || machine.IsArriving || machine.State is MachineState.Waiting or MachineState.Starting or MachineState.Stopping;
        if (waiter.ForEnd)
        {
            return machine.RunsProgram || machine.Leaving is not null ? null
                : isStuck ? $"{machine.Name} could not be ended as it asks for: {machine.Cause?.Detail}"
                : "";
        }

        if (onTheWay)
        {
            return machine.Leaving is { After: AfterStop.Stopped or AfterStop.Imaginary or AfterStop.Forget or AfterStop.Clean }
                ? $"{machine.Name} was stopped before it ran"
                : null;
        }

        return machine.Serves || machine.State == MachineState.Completed
            ? ""
            : $"{machine.Name} did not start: {machine.Cause?.Detail ?? machine.Cause?.Kind.ToString()}; see figment logs {machine.Name}";
    }
}
