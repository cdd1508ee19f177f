using System.Globalization;
using Figment.Machines.Actions;
using Figment.Machines.Idleness;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>From a quiet machine to a frozen one and back. Where heartbeats do not count, machines that send each other some are frozen and thawed together: one of them alone would be missed by the others.</summary>
internal static class Idling
{
    /// <summary>Freezes what may be.</summary>
    public static void Settle(Turn turn)
    {
        if (turn.Now.GoingDown)
        {
            return;
        }

        foreach (string name in turn.Now.Machines.Keys)
        {
            // A machine before it may have taken it along.
            if (turn[name] is not { Quiet: not null, IsFreezing: false } machine || !MayFreeze(machine))
            {
                continue;
            }

            var group = Group(turn, machine);
            if (!group.TrueForAll(member => member.State is MachineState.Frozen or MachineState.Hibernated || (member.Quiet is not null && MayFreeze(member))))
            {
                continue;
            }

            foreach (var member in group.Where(member => member is { State: MachineState.Running, IsFreezing: false }))
            {
                turn.Set(turn[member.Name] with { IsFreezing = true });
                turn.Do(new MachineAction.FreezeBox(member.Name, member.Box!.Value, Quietness.TickMs(member.Launch.Idle), Quietness.WorthMs(member.Launch.Idle), member.Launch.Idle.ReclaimAfterMs));
            }
        }
    }

    public static void OnFrozen(Turn turn, MachineSnapshot machine, MachineInput.FrozenSaid frozen)
    {
        machine = machine with { IsFreezing = false, Busy = null };
        turn.Set(machine);
        if (machine.State == MachineState.Running)
        {
            machine = machine with { GoesOnAtMs = frozen.EndsInMs is { } end ? turn.NowMs + end : null };
            Hibernating.OnFrozen(turn, turn.Move(machine, MachineState.Frozen, new Signal { Kind = SignalKind.Idle, Detail = Inputs(machine.Quiet, frozen) }));
        }
    }

    public static void OnBusy(Turn turn, MachineSnapshot machine, string reason)
    {
        ThawGroup(turn, machine, isUndo: true);
        turn.Set(turn[machine.Name] with { IsFreezing = false, Quiet = null, Thawing = null, Busy = reason });
        turn.Do(new MachineAction.Note(machine.Name, $"is not frozen: {reason}"));
    }

    public static void OnThawed(Turn turn, MachineSnapshot machine, Signal cause)
    {
        ThawGroup(turn, machine, isUndo: false);
        cause = machine.Thawing ?? cause;
        machine = turn[machine.Name] with { IsFreezing = false, Quiet = null, Thawing = null, GoesOnAtMs = null };
        turn.Set(machine);
        if (machine.State == MachineState.Frozen)
        {
            turn.Move(machine, MachineState.Running, cause);
        }
    }

    /// <summary>Whether anything but its own doing is against it.</summary>
    private static bool MayFreeze(MachineSnapshot machine) =>
        machine is { State: MachineState.Running, Leaving: null, IsTaken: false, Box: not null, Launch.Idle.FreezeAfterMs: > 0, Health: HealthState.None or HealthState.Healthy };

    /// <summary>Who beats with it would miss it.</summary>
    public static void ThawGroup(Turn turn, MachineSnapshot machine, bool isUndo)
    {
        var cause = new Signal { Kind = SignalKind.Peer, FromMachine = machine.Name };
        foreach (string name in Group(turn, machine).Select(member => member.Name).Where(name => name != machine.Name))
        {
            // One before it may have brought it back.
            var member = turn[name];
            if (member is { State: MachineState.Hibernated, Leaving: null })
            {
                Starting.Wake(turn, member, cause, needed: false);
            }
            else if (member.Box is not null && (member.State == MachineState.Frozen || member.IsFreezing))
            {
                Thaw(turn, member, cause, isUndo);
            }
        }
    }

    /// <summary>Asks its box to.</summary>
    /// <param name="turn">The decision under way.</param>
    /// <param name="machine">It is frozen, or about to be.</param>
    /// <param name="cause">For the ledger.</param>
    /// <param name="isUndo">Nothing has come: it goes on being quiet.</param>
    public static void Thaw(Turn turn, MachineSnapshot machine, Signal cause, bool isUndo = false)
    {
        turn.Set(machine with { Thawing = cause });
        turn.Do(new MachineAction.ThawBox(machine.Name, machine.Box!.Value, cause.Detail ?? cause.Kind.ToString(), isUndo));
    }

    /// <summary>The machine and, where heartbeats do not count for it, all that it has connections with, and those they have, as far as these run.</summary>
    private static List<MachineSnapshot> Group(Turn turn, MachineSnapshot machine)
    {
        List<MachineSnapshot> group = [machine];
        for (int index = 0; index < group.Count; index++)
        {
            var member = group[index];
            if (!member.Launch.Idle.IgnoreHeartbeat || member.Quiet is not { } quiet)
            {
                continue;
            }

            group.AddRange(turn.Machines.Where(other => other.Serves && !group.Exists(known => known.Name == other.Name) && IsPeer(quiet, other)));
        }

        return group;
    }

    private static bool IsPeer(QuietReport quiet, MachineSnapshot other) =>
        other.Launch.Interfaces.Any(face => quiet.Peers.Contains(face.Address) || (face.Ipv6Address is { } address && quiet.Peers.Contains(address)));

    private static string Inputs(QuietReport? quiet, MachineInput.FrozenSaid frozen)
    {
        string waits = frozen.Threads == 1 ? "its thread waits" : $"all {frozen.Threads} threads wait";
        string ends = frozen.EndsInMs is { } end ? string.Create(CultureInfo.InvariantCulture, $", the first until {end / 1000.0:0.0} s from now") : "";
        return quiet is null
            ? waits + ends
            : string.Create(CultureInfo.InvariantCulture, $"quiet for {quiet.ForMs / 1000.0:0.0} s: {quiet.ProcessorUs / 1000.0:0.0} ms of processor time, {quiet.NetworkBytes} bytes; {waits}{ends}");
    }
}
