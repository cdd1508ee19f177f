using System.Globalization;
using Figment.Machines.Actions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>From a frozen machine to one on storage. The way back is that of a start, see <see cref="Starting"/>.</summary>
internal static class Hibernating
{
    private const int SIGKILL = 9;

    /// <summary>It has just been frozen.</summary>
    public static void OnFrozen(Turn turn, MachineSnapshot machine)
    {
        if (machine.Launch.Idle.HibernateAfterMs is > 0 and var after)
        {
            turn.Schedule(machine, TimerKind.Hibernate, turn.NowMs + after);
        }
    }

    /// <summary>It has been frozen for long enough, or may be tried again.</summary>
    public static void OnDue(Turn turn, MachineSnapshot machine)
    {
        if (machine is not { State: MachineState.Frozen, Box: { } box, Leaving: null, Thawing: null, IsStoring: false, Launch.Idle.HibernateAfterMs: > 0 } || turn.Now.GoingDown)
        {
            return;
        }

        if (machine.IsTaken)
        {
            turn.Schedule(machine, TimerKind.Hibernate, turn.NowMs + machine.Launch.Idle.HibernateAfterMs);
            return;
        }

        if (machine.GoesOnAtMs - turn.NowMs is { } left and < Limits.HibernateWorthMs)
        {
            turn.Set(machine with { NotStored = string.Create(CultureInfo.InvariantCulture, $"it goes on by itself in {left / 1000.0:0.#} s, and for less than {Limits.HibernateWorthMs / 1000} s it is not worth it") });
            return;
        }

        turn.Set(machine with { IsStoring = true });
        turn.Do(new MachineAction.StoreBox(machine.Name, box));
    }

    public static void OnStored(Turn turn, MachineSnapshot machine, long pauseMs)
    {
        if (!machine.RunsProgram)
        {
            return;
        }

        string detail = string.Create(CultureInfo.InvariantCulture, $"frozen for {machine.Launch.Idle.HibernateAfterMs / 1000.0:0.###} s; put on storage in {pauseMs} ms");
        Store(turn, machine, new Signal { Kind = SignalKind.Idle, Detail = detail });
    }

    /// <summary>It is on storage, whether or not its box has lived to say so.</summary>
    public static void Store(Turn turn, MachineSnapshot machine, Signal cause)
    {
        var thawing = machine.Thawing;
        machine = turn.Move(
            machine with { IsStoring = false, IsStored = true, IsFreezing = false, NotStored = null, NotStoredTimes = 0, Thawing = null, Load = null, SpareSinceMs = null },
            MachineState.Hibernated,
            cause);
        if (machine.GoesOnAtMs is { } at)
        {
            turn.Schedule(machine, TimerKind.GoesOn, at);
        }

        if (thawing is not null && machine.Leaving is null)
        {
            Starting.Wake(turn, machine, thawing, needed: false);
        }
    }

    public static void OnNotStored(Turn turn, MachineSnapshot machine, string reason)
    {
        machine = machine with { IsStoring = false, NotStored = reason, NotStoredTimes = machine.NotStoredTimes + 1 };
        turn.Set(machine);
        turn.Do(new MachineAction.Note(machine.Name, $"is not put on storage: {reason}"));
        if (machine.State == MachineState.Frozen)
        {
            turn.Schedule(machine, TimerKind.Hibernate, turn.NowMs + Limits.StoreAgainMs(machine.Launch.Idle.HibernateAfterMs, machine.NotStoredTimes));
        }
    }

    /// <summary>A machine that is to end as a program does, with its stop signal and grace time, must come back for that; not so one that is to be killed.</summary>
    public static bool ComesBackToEnd(MachineSnapshot machine) =>
        machine is { IsStored: true, RunsProgram: false, State: not MachineState.Elsewhere, Leaving: { } leaving } && !(leaving.GraceMs == 0 && leaving.StopSignal == SIGKILL);
}
