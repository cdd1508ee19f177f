using Figment.Machines.Actions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>From a signal to a program that listens.</summary>
internal static class Starting
{
    /// <summary>Somebody stands behind such a signal and waits for the program to listen.</summary>
    public static bool HasClient(Signal signal) => signal.Kind is SignalKind.Connection or SignalKind.Datagram or SignalKind.Connect or SignalKind.Data;

    public static void OnSignal(Turn turn, MachineSnapshot machine, Signal signal)
    {
        if (machine.Leaving is not null)
        {
            return;
        }

        if (machine.AwaitsSignal)
        {
            Wake(turn, machine, signal, HasClient(signal));
        }
        else if (HasClient(signal))
        {
            Need(turn, machine);
        }
    }

    /// <summary>A machine without a program is to have one.</summary>
    public static void Wake(Turn turn, MachineSnapshot machine, Signal cause, bool needed)
    {
        bool wasHibernated = machine.State == MachineState.Hibernated;
        bool byPolicy = cause.Kind == SignalKind.Restart;
        machine = turn.Move(
            machine with
            {
                Needed = needed,
                Restarts = byPolicy ? machine.Restarts + 1 : 0,
                FastDeaths = machine.State == MachineState.Failed ? Math.Min(machine.FastDeaths, Limits.FastDeathsMax - 1) : machine.FastDeaths,
                Succeeded = byPolicy && machine.Succeeded,
                Cooled = false,
                Waived = [],
            },
            MachineState.Waiting,
            cause);
        if (machine.BackoffUntilMs > turn.NowMs)
        {
            turn.Schedule(machine, TimerKind.Backoff, machine.BackoffUntilMs);
        }

        if (wasHibernated)
        {
            Idling.ThawGroup(turn, machine, isUndo: false);
        }
    }

    /// <summary>From now on somebody waits for it: the start time-out counts.</summary>
    public static void Need(Turn turn, MachineSnapshot machine)
    {
        if (machine.Needed || machine.State is not (MachineState.Waiting or MachineState.Starting))
        {
            return;
        }

        machine = machine with { Needed = true };
        turn.Set(machine);
        ScheduleTimeout(turn, machine);
    }

    /// <summary>Dependencies are ready, the backoff is over, no earlier box is left.</summary>
    public static void Spawn(Turn turn, MachineSnapshot machine)
    {
        long box = turn.Now.NextBox;
        turn.Set(turn.Now with { NextBox = box + 1 });
        bool isClone = Warming.MayBegin(turn, machine);
        machine = turn.Move(
            machine with { Box = box, IsClone = isClone, IsTaken = false, Health = machine.IsStored ? machine.Health : HealthState.None, Quiet = null, GoesOnAtMs = null, IsFreezing = false, Busy = null, Load = null, IsDraining = false, SpareSinceMs = null, ExitCode = null, KilledByUser = false, Waived = [] },
            MachineState.Starting,
            machine.Cause!);
        turn.Do(new MachineAction.SpawnBox(machine.Name, box, IsClone: isClone));
        ScheduleTimeout(turn, machine);
    }

    public static void OnStarted(Turn turn, MachineSnapshot machine)
    {
        // What comes back from storage has served before, and so has that of which a clone is.
        if (machine.State == MachineState.Starting && (machine.IsStored || machine.IsClone || !machine.ServesPorts))
        {
            Run(turn, machine);
        }
    }

    public static void OnListening(Turn turn, MachineSnapshot machine, bool loopback)
    {
        // Of a machine that goes on from a snapshot its sockets are put back before it is there.
        if (machine is { State: MachineState.Starting, IsStored: false, IsClone: false } && !loopback)
        {
            Run(turn, machine);
        }
    }

    public static void OnStartTimeout(Turn turn, MachineSnapshot machine)
    {
        if (machine is not { State: MachineState.Starting, Needed: true, Leaving: null })
        {
            return;
        }

        turn.Set(machine with
        {
            Leaving = new Leaving
            {
                After = AfterStop.TimedOut,
                Cause = new Signal
                {
                    Kind = SignalKind.StartTimeout,
                    Detail = $"it did not listen within {machine.Launch.StartTimeoutMs} ms; see its log, or raise x-figment.start-timeout",
                },
            },
        });
    }

    public static void OnCoolDown(Turn turn, MachineSnapshot machine)
    {
        if (machine.State != MachineState.Failed)
        {
            return;
        }

        machine = machine with { Cooled = true };
        turn.Set(machine);
        if (machine.IsEager && machine.Launch.Restart is { Policy: not RestartPolicy.No, MaxAttempts: 0 })
        {
            Wake(turn, machine, new Signal { Kind = SignalKind.Restart, Detail = "its policy tries again after the cool-down" }, needed: false);
        }
    }

    private static void Run(Turn turn, MachineSnapshot machine) =>
        turn.Move(machine with { RunningAtMs = turn.NowMs, Needed = false, IsStored = false }, MachineState.Running, machine.Cause!);

    public static void ScheduleTimeout(Turn turn, MachineSnapshot machine)
    {
        if (machine is { State: MachineState.Starting, Needed: true, ServesPorts: true })
        {
            turn.Schedule(machine, TimerKind.StartTimeout, turn.NowMs + machine.Launch.StartTimeoutMs);
        }
    }
}
