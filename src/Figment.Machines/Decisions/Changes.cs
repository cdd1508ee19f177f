using Figment.Machines.Actions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>The set of machines: as a keeper finds it when it starts, and as an update changes it.</summary>
internal static class Changes
{
    private static readonly Dictionary<string, long?> s_noneStored = [];

    public static void OnBegin(Turn turn, MachineInput.Begin begin)
    {
        var remembered = begin.Remembered.ToDictionary(@event => @event.Machine, StringComparer.Ordinal);
        var adopted = begin.Adopted.ToDictionary(adoption => adoption.Machine, StringComparer.Ordinal);
        foreach (var adoption in begin.Adopted)
        {
            turn.Set(turn.Now with { NextBox = Math.Max(turn.Now.NextBox, adoption.Box + 1) });
        }

        Warming.Remember(turn, begin.Kinds);
        foreach (var launch in begin.Machines)
        {
            var last = remembered.GetValueOrDefault(launch.Name);
            if (adopted.GetValueOrDefault(launch.Name) is { } adoption)
            {
                Adopt(turn, launch, last, adoption);
            }
            else
            {
                Remember(turn, launch, last, begin.Stored);
            }
        }
    }

    public static void OnUpdate(Turn turn, MachineInput.UpdateAsked update)
    {
        if (turn.Now.GoingDown)
        {
            turn.Answer(update.Request, "the application is going down");
            return;
        }

        var wanted = update.Machines.ToDictionary(launch => launch.Name, StringComparer.Ordinal);
        foreach (var machine in turn.Machines.ToList())
        {
            if (wanted.GetValueOrDefault(machine.Name) is not { } launch)
            {
                Requests.Leave(turn, machine, new Leaving { After = AfterStop.Forget, Cause = Requests.User("update: no longer part of the application") });
            }
            else if (machine.Launch.Revision != launch.Revision || machine.Leaving is { After: AfterStop.Forget or AfterStop.Renew })
            {
                Change(turn, machine, launch);
            }
            else
            {
                Keep(turn, machine, launch, update.Revive);
            }
        }

        foreach (var launch in update.Machines.Where(launch => turn.Find(launch.Name) is null))
        {
            Remember(turn, launch, null, s_noneStored);
        }

        turn.Set(turn.Now with { UpdateRequests = turn.Now.UpdateRequests.Add(update.Request) });
    }

    private static void Change(Turn turn, MachineSnapshot machine, MachineLaunch launch)
    {
        var cause = Requests.User("update: it has changed");
        if (machine.RunsProgram || machine.IsStored || machine.Leaving is { After: AfterStop.Forget })
        {
            // A machine that is forgotten only waits for its box: it takes the new record once that has ended.
            Requests.Leave(turn, machine with { Next = launch }, new Leaving { After = AfterStop.Renew, Cause = cause });
            return;
        }

        machine = machine with { Launch = launch, FastDeaths = 0, BackoffUntilMs = 0, ExitCode = null, Succeeded = false };
        turn.Set(machine);
        if (machine.State is MachineState.Failed or MachineState.Completed)
        {
            machine = turn.Move(machine with { Cooled = false }, MachineState.Imaginary, cause);
        }

        machine = Moving.Follow(turn, machine);
        Hold(turn, machine);
        StartAtUp(turn, machine);
    }

    private static void Keep(Turn turn, MachineSnapshot machine, MachineLaunch launch, bool revive)
    {
        bool becomesEager = !machine.IsEager && launch.Start == StartMode.Eager;
        if (machine is { RunsProgram: true, Box: { } box } && machine.Launch.Idle != launch.Idle)
        {
            turn.Do(new MachineAction.TellPolicy(machine.Name, box, launch.Idle));
            machine = machine with { Quiet = null };
        }

        machine = machine with { Launch = launch };
        turn.Set(machine);
        machine = Moving.Follow(turn, machine);
        if (revive && machine is { State: MachineState.Stopped or MachineState.Failed, Leaving: null })
        {
            machine = turn.Move(machine with { FastDeaths = 0, BackoffUntilMs = 0, Cooled = false }, MachineState.Imaginary, Requests.User("up"));
        }

        Hold(turn, machine);
        if (revive || becomesEager)
        {
            StartAtUp(turn, machine);
        }
    }

    private static void StartAtUp(Turn turn, MachineSnapshot machine)
    {
        if (machine is { State: MachineState.Imaginary, IsEager: true, Leaving: null })
        {
            Starting.Wake(turn, machine, new Signal { Kind = SignalKind.Eager }, needed: false);
        }
    }

    /// <summary>Its ports may have changed.</summary>
    private static void Hold(Turn turn, MachineSnapshot machine)
    {
        if (machine.HoldsPlaceholders)
        {
            turn.Do(new MachineAction.HoldPlaceholders(machine.Name));
        }
    }

    private static void Adopt(Turn turn, MachineLaunch launch, MachineEvent? last, Adoption adoption)
    {
        var state = adoption.IsFrozen ? MachineState.Frozen
            : adoption.HasListened || (adoption.HasStarted && launch.Ports.Count == 0) ? MachineState.Running
            : MachineState.Starting;
        var machine = new MachineSnapshot
        {
            Launch = launch,
            State = last?.To ?? state,
            Cause = last?.Cause,
            Box = adoption.Box,
            Health = adoption.Health,
            IsClone = adoption.IsClone,
            RunningAtMs = turn.NowMs,
        };
        turn.Set(machine);
        if (machine.State == MachineState.Stopping)
        {
            // Whether its box was told is not known.
            machine = machine with { Leaving = GoesOnLeaving(last!) };
            turn.Set(machine);
            Settling.SendStop(turn, machine, machine.Leaving!);
        }
        else if (machine.State != state)
        {
            turn.Move(machine, state, last?.Cause ?? new Signal { Kind = SignalKind.User, Detail = "adopted by a new keeper" });
        }

        if (adoption.Revision != launch.Revision && turn[launch.Name].Leaving is null)
        {
            turn.Set(turn[launch.Name] with { Next = launch, Leaving = new Leaving { After = AfterStop.Renew, Cause = Requests.User("update: it has changed") } });
        }
    }

    /// <summary>What was to follow is not in the ledger. Where the user asked for an end it stays so; what fewer machines are needed for may be needed again.</summary>
    private static Leaving GoesOnLeaving(MachineEvent last) =>
        new() { After = last.Cause.Kind == SignalKind.User ? AfterStop.Stopped : AfterStop.Imaginary, Cause = last.Cause };

    private static void Remember(Turn turn, MachineLaunch launch, MachineEvent? last, IReadOnlyDictionary<string, long?> stored)
    {
        var machine = new MachineSnapshot { Launch = launch };
        if (launch.Node is not null || (last?.To == MachineState.Elsewhere && stored.ContainsKey(launch.Name)))
        {
            RememberElsewhere(turn, machine with { IsStored = stored.ContainsKey(launch.Name) }, last);
            return;
        }

        if (stored.TryGetValue(launch.Name, out long? goesOnInMs))
        {
            RememberStored(turn, machine with { GoesOnAtMs = turn.NowMs + goesOnInMs }, last);
            return;
        }

        switch (last?.To)
        {
            case MachineState.Stopped when last.Cause.Kind == SignalKind.User:
            case MachineState.Completed:
                turn.Set(machine with { State = last.To, Cause = last.Cause, ExitCode = last.ExitCode, Succeeded = last.ExitCode == 0 });
                return;
            case MachineState.Failed:
                machine = machine with { State = last.To, Cause = last.Cause, ExitCode = last.ExitCode, FastDeaths = Limits.FastDeathsMax };
                turn.Set(machine);
                turn.Schedule(machine, TimerKind.CoolDown, turn.NowMs + Limits.CoolDownMs);
                return;
            case MachineState.Hibernated:
                machine = turn.Move(machine with { State = MachineState.Hibernated }, MachineState.Imaginary, new Signal { Kind = SignalKind.BoxLost, Detail = "what was on storage of it is gone, or of an earlier boot of the node" });
                break;
            case MachineState.Starting or MachineState.Running or MachineState.Frozen or MachineState.Stopping:
                machine = machine with
                {
                    State = last.To,
                    RunningAtMs = turn.NowMs - Limits.FastDeathMs,
                    Leaving = last.To == MachineState.Stopping ? GoesOnLeaving(last) : null,
                };
                turn.Set(machine);
                Ending.OnBoxGone(turn, machine, isStored: false);
                machine = turn[launch.Name];
                break;
            case MachineState.Elsewhere:
                machine = Moving.Follow(turn, machine with { State = MachineState.Elsewhere });
                break;
            case MachineState.Waiting:
                machine = turn.Move(machine with { State = MachineState.Waiting }, MachineState.Imaginary, new Signal { Kind = SignalKind.BoxLost, Detail = "its keeper ended while it waited" });
                break;
            default:
                turn.Set(machine with { Cause = last?.Cause, ExitCode = last?.ExitCode });
                machine = turn[launch.Name];
                break;
        }

        // A machine that has run and ended is left to its policy; one that never ran starts as the file asks.
        if (machine is { State: MachineState.Imaginary, IsEager: true, ExitCode: null })
        {
            Starting.Wake(turn, machine, new Signal { Kind = SignalKind.Eager }, needed: false);
        }
    }

    /// <summary>Whatever the ledger says: it is another node's. What is on storage here is of a move that is not decided, or was not finished.</summary>
    private static void RememberElsewhere(Turn turn, MachineSnapshot machine, MachineEvent? last)
    {
        machine = machine with { State = last?.To ?? MachineState.Elsewhere, Cause = last?.Cause };
        turn.Set(machine);
        if (machine.RunsProgram)
        {
            // Its box has ended, and nobody heard its last word.
            turn.Move(machine, MachineState.Elsewhere, new Signal { Kind = SignalKind.Move, Detail = $"it is at node {machine.Launch.Node}" });
            return;
        }

        Moving.Follow(turn, machine);
    }

    /// <summary>Whatever the ledger says: what is on storage was the machine when its box ended.</summary>
    private static void RememberStored(Turn turn, MachineSnapshot machine, MachineEvent? last)
    {
        machine = machine with { IsStored = true, State = last?.To ?? MachineState.Hibernated, Cause = last?.Cause };
        turn.Set(machine);
        switch (machine.State)
        {
            case MachineState.Failed:
                turn.Schedule(machine, TimerKind.CoolDown, turn.NowMs + Limits.CoolDownMs);
                break;
            case MachineState.Hibernated:
                break;
            default:
                machine = turn.Move(machine, MachineState.Hibernated, new Signal { Kind = SignalKind.BoxLost, Detail = "its keeper ended while it was on its way to storage or back; it is on storage" });
                break;
        }

        if (machine is { State: MachineState.Hibernated, GoesOnAtMs: { } at })
        {
            turn.Schedule(machine, TimerKind.GoesOn, at);
        }
    }
}
