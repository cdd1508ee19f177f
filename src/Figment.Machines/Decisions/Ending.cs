using Figment.Machines.Actions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>From the end of a program to what comes after.</summary>
internal static class Ending
{
    public static void OnExit(Turn turn, MachineSnapshot machine, MachineInput.ProgramExited exit)
    {
        if (!machine.RunsProgram)
        {
            return;
        }

        string how = exit.OutOfMemory ? "out of memory" : exit.Signal is { } signal ? $"ended by signal {signal}" : $"exit code {exit.ExitCode}";
        turn.Schedule(machine, TimerKind.BoxLinger, turn.NowMs + Limits.BoxLingerMs);
        Ended(turn, machine, new Signal { Kind = SignalKind.Exit, Detail = how }, exit.ExitCode, exit.LastLines);
    }

    public static void OnCheckpointed(Turn turn, MachineSnapshot machine)
    {
        if (!machine.RunsProgram)
        {
            return;
        }

        turn.Schedule(machine, TimerKind.BoxLinger, turn.NowMs + Limits.BoxLingerMs);
        machine = machine with { Leaving = machine.Leaving is { After: not AfterStop.TimedOut } leaving ? leaving : new Leaving { After = AfterStop.Stopped, Cause = Requests.User("checkpoint") } };
        turn.Set(machine);
        Leave(turn, machine, null, []);
    }

    public static void OnStartFailed(Turn turn, MachineSnapshot machine, MachineInput.StartFailed failure)
    {
        if (failure.BoxIsGone)
        {
            machine = machine with { Box = null };
            turn.Set(machine);
        }
        else
        {
            turn.Schedule(machine, TimerKind.BoxLinger, turn.NowMs + Limits.BoxLingerMs);
        }

        if (machine.IsArriving)
        {
            Moving.OnNotArrived(turn, machine, failure.Error, failure.IsStored);
            return;
        }

        if (!machine.RunsProgram)
        {
            return;
        }

        if (failure.IsStored && Return(turn, machine, failure.Error))
        {
            return;
        }

        if (machine is { IsClone: true, State: MachineState.Starting })
        {
            Warming.StartAnew(turn, machine, failure.Error);
            return;
        }

        // From what was on storage it has gone on, and then broke off: that is the end of a program like any other.
        var cause = new Signal { Kind = SignalKind.Exit, Detail = failure.Error };
        if (machine.Leaving is not null || machine.IsStored)
        {
            Ended(turn, machine, cause, failure.ExitCode, [failure.Error]);
            return;
        }

        // What cannot be executed now cannot be executed a moment later either: no loop of attempts.
        machine = Clear(machine, failure.ExitCode) with { FastDeaths = Limits.FastDeathsMax };
        if (machine.Launch.OneOff)
        {
            Forget(turn, machine, cause, failure.ExitCode, [failure.Error]);
            return;
        }

        Fail(turn, machine, cause, failure.ExitCode, [failure.Error]);
        Dependencies.OnFailedRun(turn, machine, failure.Error);
    }

    public static void OnBoxGone(Turn turn, MachineSnapshot machine, bool isStored)
    {
        const string Lost = "the box ended without a word";
        Warming.OnNotTaken(turn, machine, Lost);
        machine = turn[machine.Name] with { Box = null };
        turn.Set(machine);
        if (machine.IsArriving)
        {
            Moving.OnNotArrived(turn, machine, Lost, isStored);
            return;
        }

        if (!machine.RunsProgram)
        {
            return;
        }

        if (machine is { IsClone: true, State: MachineState.Starting })
        {
            Warming.StartAnew(turn, machine, Lost);
        }
        else if (isStored && !machine.IsStored)
        {
            Hibernating.Store(turn, machine, new Signal { Kind = SignalKind.BoxLost, Detail = $"{Lost}, but the machine is on storage" });
        }
        else if (isStored && machine is { State: MachineState.Starting, Leaving: null } && !turn.Now.GoingDown && machine.FastDeaths + 1 < Limits.FastDeathsMax)
        {
            StoreAgain(turn, machine, new Signal { Kind = SignalKind.BoxLost, Detail = $"{Lost}, and nothing of the machine has run: it is on storage still" });
        }
        else if (!isStored || !Return(turn, machine, Lost))
        {
            Ended(turn, machine, new Signal { Kind = SignalKind.BoxLost, Detail = $"{Lost}; its program ended with it" }, 137, []);
        }
    }

    /// <summary>Another box may bring it back, at once for who waits.</summary>
    private static void StoreAgain(Turn turn, MachineSnapshot machine, Signal lost)
    {
        bool isAwaited = machine.Needed || !machine.Waiters.IsEmpty;
        var (cause, needed) = (machine.Cause ?? lost, machine.Needed);
        int deaths = machine.FastDeaths + 1;
        Hibernating.Store(turn, Clear(machine, machine.ExitCode) with { GoesOnAtMs = machine.GoesOnAtMs, FastDeaths = deaths, BackoffUntilMs = turn.NowMs + Limits.BackoffMs(deaths) }, lost);
        if (isAwaited && turn[machine.Name].State == MachineState.Hibernated)
        {
            Starting.Wake(turn, turn[machine.Name], cause, needed);
        }
    }

    /// <summary>It did not come back from storage and is still there. False: it is to go all the same.</summary>
    private static bool Return(Turn turn, MachineSnapshot machine, string error)
    {
        if (turn.Now.GoingDown || machine.Leaving is { After: AfterStop.Forget or AfterStop.Renew or AfterStop.Clean })
        {
            turn.Do(new MachineAction.Note(machine.Name, $"did not come back from storage to be ended as it asks for, and is lost: {error}"));
            return false;
        }

        machine = Clear(machine, null) with { IsStored = true };
        Fail(turn, machine, new Signal { Kind = SignalKind.Exit, Detail = $"it did not come back from storage, where it still is: {error}; figment start {machine.Name} tries again, figment rm {machine.Name} discards it" }, null, []);
        return true;
    }

    /// <summary>The program is no more, however that came.</summary>
    public static void Ended(Turn turn, MachineSnapshot machine, Signal cause, int exitCode, IReadOnlyList<string> lastLines)
    {
        if (machine.Leaving is { After: not AfterStop.TimedOut })
        {
            Leave(turn, machine, exitCode, lastLines);
            return;
        }

        var reason = machine.Leaving?.Cause ?? cause;
        bool timedOut = machine.Leaving is not null;
        bool wasRunning = machine.Serves;
        var restart = machine.Launch.Restart;
        long window = restart.WindowMs > 0 ? restart.WindowMs : Limits.FastDeathMs;
        bool wasShort = !wasRunning || turn.NowMs - machine.RunningAtMs < window;
        bool isWell = exitCode == 0 && cause.Kind == SignalKind.Exit && wasRunning;
        bool byPolicy = PolicyStarts(machine, isWell);
        bool isFast = !machine.KilledByUser && (timedOut || (wasShort && (!isWell || byPolicy)));

        if (machine.IsClone && isFast)
        {
            Warming.Discard(turn, machine, $"{machine.Name} went on from it and ended soon: {reason.Detail}");
        }

        int fastDeaths = isFast ? machine.FastDeaths + 1 : 0;
        long pause = Limits.BackoffMs(fastDeaths);
        machine = Clear(machine, exitCode) with
        {
            FastDeaths = fastDeaths,
            BackoffUntilMs = turn.NowMs + (byPolicy ? Math.Max(pause, restart.DelayMs) : pause),
            Succeeded = isWell,
        };

        if (machine.Launch.OneOff)
        {
            Forget(turn, machine, reason, exitCode, lastLines);
            return;
        }

        if (fastDeaths >= Limits.FastDeathsMax)
        {
            Fail(turn, machine, reason with { Detail = $"{reason.Detail}; died {fastDeaths} times in a row" }, exitCode, lastLines);
        }
        else
        {
            bool isDone = isWell && !byPolicy && (machine.IsEager || !machine.ServesPorts);
            machine = turn.Move(machine, isDone ? MachineState.Completed : MachineState.Imaginary, reason, exitCode, lastLines);
            if (byPolicy)
            {
                Starting.Wake(turn, machine, new Signal { Kind = SignalKind.Restart, Detail = $"restart: {Words(restart.Policy)}, after {reason.Detail}" }, needed: false);
            }
        }

        if (!isWell && turn[machine.Name].State != MachineState.Waiting)
        {
            Dependencies.OnFailedRun(turn, machine, $"{machine.Name} did not complete: {reason.Detail}");
        }
    }

    /// <summary>Waiting clients are reset, later ones refused until the cool-down.</summary>
    public static void Fail(Turn turn, MachineSnapshot machine, Signal cause, int? exitCode, IReadOnlyList<string> lastLines)
    {
        machine = turn.Move(machine with { Cooled = false, Needed = false, Leaving = null }, MachineState.Failed, cause, exitCode, lastLines);
        turn.Schedule(machine, TimerKind.CoolDown, turn.NowMs + Limits.CoolDownMs);
    }

    /// <summary>A machine that was to end has no program any more.</summary>
    public static void Leave(Turn turn, MachineSnapshot machine, int? exitCode, IReadOnlyList<string> lastLines)
    {
        var leaving = machine.Leaving!;
        int? code = exitCode ?? machine.ExitCode;
        bool wasWaiting = machine.State == MachineState.Waiting;
        machine = Clear(machine, code) with { FastDeaths = 0, BackoffUntilMs = 0 };
        if (machine.Launch.OneOff && leaving.After != AfterStop.Start && !turn.Now.GoingDown)
        {
            Forget(turn, machine, leaving.Cause, code, lastLines);
            return;
        }

        machine = AnswerEnd(turn, machine, leaving);
        switch (leaving.After)
        {
            case AfterStop.Stopped:
                turn.Move(machine, MachineState.Stopped, leaving.Cause, exitCode, lastLines);
                break;
            case AfterStop.Start:
                Starting.Wake(turn, machine, leaving.Cause, needed: machine.Waiters.Any(waiter => !waiter.ForEnd));
                break;
            case AfterStop.Clean:
                ResetClients(turn, machine, wasWaiting);
                turn.Do(new MachineAction.CleanMachine(machine.Name));
                turn.Move(machine with { ExitCode = null, Succeeded = false }, MachineState.Imaginary, leaving.Cause, exitCode, lastLines);
                break;
            case AfterStop.Renew:
                Renew(turn, machine, leaving.Cause, exitCode, lastLines);
                break;
            case AfterStop.Forget:
                Forget(turn, machine, leaving.Cause, exitCode, lastLines);
                break;
            default:
                ResetClients(turn, machine, wasWaiting);
                turn.Move(machine, MachineState.Imaginary, leaving.Cause, exitCode, lastLines);
                break;
        }
    }

    /// <summary>It has ended, even if something starts it again in the same moment. Who forgets it is answered when it is gone.</summary>
    private static MachineSnapshot AnswerEnd(Turn turn, MachineSnapshot machine, Leaving leaving)
    {
        if (leaving.After == AfterStop.Forget || machine.Waiters.IsEmpty)
        {
            return machine;
        }

        foreach (var waiter in machine.Waiters.Where(waiter => waiter.ForEnd))
        {
            turn.Answer(waiter.Request);
        }

        return machine with { Waiters = machine.Waiters.RemoveAll(waiter => waiter.ForEnd) };
    }

    /// <summary>Clients that waited for what is now not to start would be signals that start it at once.</summary>
    private static void ResetClients(Turn turn, MachineSnapshot machine, bool wasWaiting)
    {
        if (wasWaiting)
        {
            turn.Do(new MachineAction.ClosePlaceholders(machine.Name));
            turn.Do(new MachineAction.HoldPlaceholders(machine.Name));
        }
    }

    private static void Renew(Turn turn, MachineSnapshot machine, Signal cause, int? exitCode, IReadOnlyList<string> lastLines)
    {
        machine = turn.Move(
            machine with { Launch = machine.Next!, Next = null, ExitCode = null, Succeeded = false, Restarts = 0 },
            MachineState.Imaginary,
            cause,
            exitCode,
            lastLines);
        turn.Do(new MachineAction.RenewMachine(machine.Name));
        bool isWaitedFor = machine.Waiters.Any(waiter => !waiter.ForEnd);
        if (machine.IsEager || isWaitedFor)
        {
            Starting.Wake(turn, machine, isWaitedFor ? Requests.User("start") : new Signal { Kind = SignalKind.Eager }, isWaitedFor);
        }
    }

    /// <summary>The machine leaves once its box has: until then its name, address and folders are taken.</summary>
    private static void Forget(Turn turn, MachineSnapshot machine, Signal cause, int? exitCode, IReadOnlyList<string> lastLines)
    {
        if (machine.State != MachineState.Stopped || exitCode is not null)
        {
            machine = turn.Move(machine, MachineState.Stopped, cause, exitCode, lastLines);
        }

        turn.Set(machine with { Leaving = new Leaving { After = AfterStop.Forget, Cause = cause } });
    }

    internal static MachineSnapshot Clear(MachineSnapshot machine, int? exitCode) => machine with
    {
        ExitCode = exitCode,
        Needed = false,
        Health = HealthState.None,
        Quiet = null,
        IsFreezing = false,
        Thawing = null,
        Load = null,
        IsDraining = false,
        SpareSinceMs = null,
        Busy = null,
        GoesOnAtMs = null,
        IsStoring = false,
        IsStored = false,
        IsTaken = false,
        IsClone = false,
        NotStored = null,
        NotStoredTimes = 0,
        Leaving = null,
        KilledByUser = false,
    };

    private static bool PolicyStarts(MachineSnapshot machine, bool isWell) =>
        machine.IsEager && !machine.KilledByUser && !machine.Launch.OneOff && machine.Launch.Restart switch
        {
            { Policy: RestartPolicy.Always or RestartPolicy.UnlessStopped } => true,
            { Policy: RestartPolicy.OnFailure, MaxAttempts: var attempts } => !isWell && (attempts == 0 || machine.Restarts < attempts),
            _ => false,
        };

    private static string Words(RestartPolicy policy) => policy switch
    {
        RestartPolicy.Always => "always",
        RestartPolicy.UnlessStopped => "unless-stopped",
        RestartPolicy.OnFailure => "on-failure",
        _ => "no",
    };
}
