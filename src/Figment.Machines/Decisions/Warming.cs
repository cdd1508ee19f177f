using System.Globalization;
using Figment.Machines.Actions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Machines.Decisions;

/// <summary>
/// Machines that begin from a snapshot of their kind: it is taken of the first of them that comes to rest, while that goes on, and used any number of times.
/// It only ever saves time: what cannot be taken or used is told, and the machine starts from its program.
/// </summary>
internal static class Warming
{
    /// <summary>Those that are there when a keeper begins.</summary>
    public static void Remember(Turn turn, IReadOnlySet<string> kinds)
    {
        foreach (string kind in kinds)
        {
            Set(turn, kind, new KindSnapshot { IsThere = true });
        }
    }

    /// <summary>A program that ended soon after it went on from the snapshot is started anew.</summary>
    public static bool MayBegin(Turn turn, MachineSnapshot machine) =>
        machine is { IsStored: false, FastDeaths: 0, Leaving: null, Launch: { FromSnapshot: true, OneOff: false } } && Of(turn, machine).IsThere;

    /// <summary>Asks for snapshots that are missing, of machines that are at rest. One that is about to be frozen is frozen afterwards.</summary>
    public static void Take(Turn turn)
    {
        if (turn.Now.GoingDown)
        {
            return;
        }

        foreach (string name in turn.Now.Machines.Keys)
        {
            if (turn[name] is not { Box: { } box } machine || !IsAtRest(machine)
                || Of(turn, machine) is not { IsThere: false } snapshot || turn.NowMs < snapshot.NotBeforeMs
                || turn.Machines.Any(other => other.IsTaken && other.Launch.Kind == machine.Launch.Kind))
            {
                continue;
            }

            turn.Set(machine with { IsTaken = true });
            turn.Do(new MachineAction.TakeSnapshot(name, box));
        }
    }

    public static void OnTaken(Turn turn, MachineSnapshot machine, long pauseMs)
    {
        turn.Set(machine with { IsTaken = false });
        Set(turn, machine.Launch.Kind, new KindSnapshot { IsThere = true });
        turn.Do(new MachineAction.Note(machine.Name, string.Create(CultureInfo.InvariantCulture, $"machines of its kind begin from a snapshot of it; it stood still for {pauseMs} ms")));
    }

    public static void OnNotTaken(Turn turn, MachineSnapshot machine, string reason)
    {
        if (machine.IsTaken)
        {
            turn.Set(machine with { IsTaken = false });

            // One that was asked before, of a machine that has ended meanwhile, may be there all the same.
            if (!Of(turn, machine).IsThere)
            {
                Miss(turn, machine, $"it could not be taken of {machine.Name}: {reason}");
            }
        }
    }

    /// <summary>It is of no use: whoever comes next starts from the program, and is a machine of which one can be taken.</summary>
    public static void Discard(Turn turn, MachineSnapshot machine, string reason)
    {
        turn.Do(new MachineAction.DropSnapshot(machine.Launch.Kind));
        Miss(turn, machine, reason);
    }

    /// <summary>Its box starts its program instead: who waits for it goes on waiting.</summary>
    public static void OnNotBegun(Turn turn, MachineSnapshot machine, string reason)
    {
        if (machine is { IsClone: true, State: MachineState.Starting })
        {
            machine = Fail(turn, machine, reason);
            Starting.ScheduleTimeout(turn, turn.Move(machine, MachineState.Starting, machine.Cause!));
        }
        else if (machine.IsClone)
        {
            turn.Set(machine with { IsClone = false });
            Discard(turn, machine, $"{machine.Name} did not begin from it: {reason}");
        }
    }

    /// <summary>It did not begin from the snapshot, and its box cannot start it instead: another one does, once this is gone.</summary>
    public static void StartAnew(Turn turn, MachineSnapshot machine, string reason) => Fail(turn, machine, reason);

    /// <summary>Snapshots of kinds that no machine is of any more. At the end of all there is none.</summary>
    public static void DropUnused(Turn turn, bool isEnd)
    {
        var used = isEnd ? [] : turn.Machines.SelectMany(machine => new[] { machine.Launch, machine.Next }).Where(launch => launch is { FromSnapshot: true, OneOff: false }).Select(launch => launch!.Kind).ToHashSet(StringComparer.Ordinal);
        foreach (string kind in turn.Now.Kinds.Keys.Where(kind => !used.Contains(kind)))
        {
            turn.Do(new MachineAction.DropSnapshot(kind));
            turn.Set(turn.Now with { Kinds = turn.Now.Kinds.Remove(kind) });
        }
    }

    /// <summary>It serves, and would be frozen or is: what a program does first is done.</summary>
    private static bool IsAtRest(MachineSnapshot machine) =>
        machine is { Launch: { FromSnapshot: true, OneOff: false }, Leaving: null, IsTaken: false, IsFreezing: false, Thawing: null, IsStoring: false, Health: HealthState.None or HealthState.Healthy }
        && (machine.State == MachineState.Frozen || machine is { State: MachineState.Running, Quiet: not null });

    /// <summary>What it was started for stays so.</summary>
    private static MachineSnapshot Fail(Turn turn, MachineSnapshot machine, string reason)
    {
        Discard(turn, machine, $"{machine.Name} did not begin from it: {reason}");
        machine = turn.Move(machine with { IsClone = false }, MachineState.Waiting, new Signal { Kind = SignalKind.Snapshot, Detail = reason }) with { Cause = machine.Cause };
        turn.Set(machine);
        return machine;
    }

    private static KindSnapshot Of(Turn turn, MachineSnapshot machine) => turn.Now.Kinds.GetValueOrDefault(machine.Launch.Kind) ?? new KindSnapshot();

    private static void Miss(Turn turn, MachineSnapshot machine, string reason)
    {
        int failures = Of(turn, machine).Failures + 1;
        long at = turn.NowMs + Limits.SnapshotAgainMs(failures);
        Set(turn, machine.Launch.Kind, new KindSnapshot { Missing = reason, Failures = failures, NotBeforeMs = at });
        turn.Do(new MachineAction.Note(machine.Name, $"there is no snapshot of its kind: {reason}"));
        turn.Do(new MachineAction.Schedule(machine.Name, TimerKind.Snapshot, 0, at));
    }

    private static void Set(Turn turn, string kind, KindSnapshot snapshot) => turn.Set(turn.Now with { Kinds = turn.Now.Kinds.SetItem(kind, snapshot) });
}
