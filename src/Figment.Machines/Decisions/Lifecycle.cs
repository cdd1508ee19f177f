using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>
/// The lifecycle of an application's machines: one input against what is known, out comes what is known from then on and what has to be done.
/// Pure: no clock, no input or output; the same code decides in the keeper and in tests. See docs/machines.md for states and policies.
/// </summary>
public static class Lifecycle
{
    /// <param name="before">The application so far.</param>
    /// <param name="input">What happened.</param>
    /// <param name="nowMs">A monotonic clock, never less than at the call before.</param>
    public static Decision Decide(ApplicationSnapshot before, MachineInput input, long nowMs)
    {
        var turn = new Turn(before, nowMs);
        if (before.Gone)
        {
            RefuseRequest(turn, input);
            return new Decision(before, turn.Actions);
        }

        switch (input)
        {
            case MachineInput.Begin begin:
                Changes.OnBegin(turn, begin);
                break;
            case MachineInput.UpdateAsked update:
                Changes.OnUpdate(turn, update);
                break;
            case MachineInput.SignalArrived signal when turn.Find(signal.Machine) is { } machine:
                Starting.OnSignal(turn, machine, signal.Signal);
                break;
            case MachineInput.TimerDue timer when turn.Find(timer.Machine) is { } machine:
                OnTimer(turn, machine, timer);
                break;
            case MachineInput.PortsLearnt learnt when turn.Find(learnt.Machine) is { } machine:
                turn.Set(machine with { Launch = machine.Launch with { Ports = learnt.Ports } });
                break;
            case MachineInput.StartAsked asked:
                Requests.OnStart(turn, asked);
                break;
            case MachineInput.RestoreAsked asked:
                Requests.OnRestore(turn, asked);
                break;
            case MachineInput.Placed placed when turn.Find(placed.Machine) is { } machine:
                Moving.OnPlaced(turn, machine, placed.Node);
                break;
            case MachineInput.ArriveAsked asked:
                Moving.OnArrive(turn, asked);
                break;
            case MachineInput.AdmitAsked asked:
                Moving.OnAdmit(turn, asked);
                break;
            case MachineInput.DismissAsked asked:
                Moving.OnDismiss(turn, asked);
                break;
            case MachineInput.StopAsked asked:
                Requests.OnStop(turn, asked);
                break;
            case MachineInput.RestartAsked asked:
                Requests.OnRestart(turn, asked);
                break;
            case MachineInput.KillAsked asked:
                Requests.OnKill(turn, asked);
                break;
            case MachineInput.RemoveAsked asked:
                Requests.OnRemove(turn, asked);
                break;
            case MachineInput.DownAsked asked:
                Requests.OnDown(turn, asked);
                break;
            default:
                OnBox(turn, input);
                break;
        }

        Settling.Run(turn);
        return new Decision(turn.Now, turn.Actions);
    }

    /// <summary>Null, or why a machine cannot go on from a snapshot now, and what to do.</summary>
    public static string? RestoreComplaint(ApplicationSnapshot application, string machine) =>
        application.GoingDown ? "the application is going down"
        : !application.Machines.TryGetValue(machine, out var found) ? $"no machine {machine} in this application; it has: {string.Join(", ", application.Machines.Keys)}"
        : found.Leaving is { After: AfterStop.Forget } ? $"{machine} is being removed from the application"
        : found is { RunsProgram: false, Leaving: null } and { State: not MachineState.Waiting } ? null
        : $"{machine} is {found.State}: stop it first (figment stop {machine}), or restore it with --force";

    /// <summary>Null, or why a machine cannot be put back here as it was at another node, and what to do.</summary>
    public static string? ArrivalComplaint(ApplicationSnapshot application, string machine) =>
        application.GoingDown ? "the application is going down"
        : !application.Machines.TryGetValue(machine, out var found) ? $"no machine {machine} in this application; it has: {string.Join(", ", application.Machines.Keys)}"
        : found is { State: MachineState.Elsewhere, Box: null, Leaving: null } ? null
        : found.State == MachineState.Elsewhere ? $"{machine} is arriving already"
        : $"{machine} is at this node, {found.State}";

    private static void OnBox(Turn turn, MachineInput input)
    {
        switch (input)
        {
            case MachineInput.BoxStarted started when Current(turn, started.Machine, started.Box) is { } machine:
                Starting.OnStarted(turn, machine);
                break;
            case MachineInput.NotBegun failed when Current(turn, failed.Machine, failed.Box) is { } machine:
                Warming.OnNotBegun(turn, machine, failed.Reason);
                break;
            case MachineInput.StartFailed failed when Current(turn, failed.Machine, failed.Box) is { } machine:
                Ending.OnStartFailed(turn, machine, failed);
                break;
            case MachineInput.Listening listening when Current(turn, listening.Machine, listening.Box) is { } machine:
                Starting.OnListening(turn, machine, listening.Loopback);
                break;
            case MachineInput.HealthChanged health when Current(turn, health.Machine, health.Box) is { RunsProgram: true } machine:
                turn.Set(machine with { Health = health.Health });
                break;
            case MachineInput.QuietSaid quiet when Current(turn, quiet.Machine, quiet.Box) is { } machine:
                turn.Set(machine with { Quiet = quiet.Report });
                break;
            case MachineInput.LoadSaid load when Current(turn, load.Machine, load.Box) is { } machine:
                turn.Set(machine with { Load = load.Load });
                break;
            case MachineInput.ActiveSaid active when Current(turn, active.Machine, active.Box) is { } machine:
                turn.Set(machine with { Quiet = null, Busy = null });
                break;
            case MachineInput.FrozenSaid frozen when Current(turn, frozen.Machine, frozen.Box) is { } machine:
                Idling.OnFrozen(turn, machine, frozen);
                break;
            case MachineInput.BusySaid busy when Current(turn, busy.Machine, busy.Box) is { } machine:
                Idling.OnBusy(turn, machine, busy.Reason);
                break;
            case MachineInput.ThawedSaid thawed when Current(turn, thawed.Machine, thawed.Box) is { } machine:
                Idling.OnThawed(turn, machine, thawed.Cause);
                break;
            case MachineInput.StoredSaid stored when Current(turn, stored.Machine, stored.Box) is { } machine:
                Hibernating.OnStored(turn, machine, stored.PauseMs);
                break;
            case MachineInput.NotStoredSaid failed when Current(turn, failed.Machine, failed.Box) is { } machine:
                Hibernating.OnNotStored(turn, machine, failed.Reason);
                break;
            case MachineInput.SnapshotTaken taken when Current(turn, taken.Machine, taken.Box) is { } machine:
                Warming.OnTaken(turn, machine, taken.PauseMs);
                break;
            case MachineInput.SnapshotNotTaken failed when Current(turn, failed.Machine, failed.Box) is { } machine:
                Warming.OnNotTaken(turn, machine, failed.Reason);
                break;
            case MachineInput.CheckpointedSaid taken when Current(turn, taken.Machine, taken.Box) is { } machine:
                Ending.OnCheckpointed(turn, machine);
                break;
            case MachineInput.DepartedSaid departed when Current(turn, departed.Machine, departed.Box) is { } machine:
                Moving.OnDeparted(turn, machine);
                break;
            case MachineInput.HeldSaid held when Current(turn, held.Machine, held.Box) is { } machine:
                Moving.OnHeld(turn, machine);
                break;
            case MachineInput.ProgramExited exited when Current(turn, exited.Machine, exited.Box) is { } machine:
                Ending.OnExit(turn, machine, exited);
                break;
            case MachineInput.BoxGone gone when Current(turn, gone.Machine, gone.Box) is { } machine:
                Ending.OnBoxGone(turn, machine, gone.IsStored);
                break;
            default:
                // A word of a box or about a machine that is no more.
                break;
        }
    }

    private static void OnTimer(Turn turn, MachineSnapshot machine, MachineInput.TimerDue timer)
    {
        if (timer.Kind == TimerKind.BoxLinger)
        {
            // The same box number in a machine that runs a program would be a box whose program has not ended.
            if (!machine.RunsProgram)
            {
                Requests.OnBoxLinger(turn, machine, timer.Token);
            }

            return;
        }

        if (timer.Kind is TimerKind.Surplus or TimerKind.Snapshot || timer.Token != machine.Turn)
        {
            // Settling sees what has been long enough.
            return;
        }

        switch (timer.Kind)
        {
            case TimerKind.StartTimeout:
                Starting.OnStartTimeout(turn, machine);
                break;
            case TimerKind.Hibernate:
                Hibernating.OnDue(turn, machine);
                break;
            case TimerKind.GoesOn when machine is { State: MachineState.Hibernated, Leaving: null }:
                Starting.Wake(turn, machine, new Signal { Kind = SignalKind.Timer }, needed: false);
                break;
            case TimerKind.CoolDown:
                Starting.OnCoolDown(turn, machine);
                break;
            case TimerKind.StopTimeout when machine.State == MachineState.Stopping:
                Requests.OnStopTimeout(turn, machine);
                break;
            default:
                // Backoff: settling sees that the time has come.
                break;
        }
    }

    private static MachineSnapshot? Current(Turn turn, string name, long box) =>
        turn.Find(name) is { } machine && machine.Box == box ? machine : null;

    private static void RefuseRequest(Turn turn, MachineInput input)
    {
        long? request = input switch
        {
            MachineInput.StartAsked asked => asked.Request,
            MachineInput.RestoreAsked asked => asked.Request,
            MachineInput.ArriveAsked asked => asked.Request,
            MachineInput.AdmitAsked asked => asked.Request,
            MachineInput.DismissAsked asked => asked.Request,
            MachineInput.StopAsked asked => asked.Request,
            MachineInput.RestartAsked asked => asked.Request,
            MachineInput.KillAsked asked => asked.Request,
            MachineInput.RemoveAsked asked => asked.Request,
            MachineInput.UpdateAsked asked => asked.Request,
            MachineInput.DownAsked asked => asked.Request,
            _ => null,
        };
        if (request is { } number)
        {
            turn.Answer(number, input is MachineInput.DownAsked ? null : "the application is down");
        }
    }
}
