using Figment.Keeper.Boxes;
using Figment.Keeper.Control;
using Figment.Keeper.Fabric;
using Figment.Keeper.Hibernation;
using Figment.Keeper.Metering;
using Figment.Keeper.Placeholders;
using Figment.Linux.Errors;
using Figment.Machines.Actions;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Keeper.Lifecycle;

/// <summary>Carries out what was decided. The loop's thread.</summary>
internal sealed class Effects(
    KeeperParts parts,
    PlaceholderTable placeholders,
    KeptSockets kept,
    StoredMachines stored,
    KindSnapshots kinds,
    BoxTable boxes,
    MachineMeters meters,
    WatchHub watchers,
    Action<MachineInput> feed,
    Action<long, string?> answer)
{
    /// <summary>What docker, too, tells of a program that it could not start for reasons of its own.</summary>
    private const int CannotStart = 125;

    /// <summary>A machine that has sent and got nothing for so long is not in the middle of something.</summary>
    private const long PlugsEveryMs = 5_000;

    private bool _looksForPlugs;

    /// <summary>What the networks carry: the launch record in force, and what still runs after an older one.</summary>
    public required ApplicationLaunch Applied { get; set; }

    /// <summary>The launch record in force.</summary>
    public required ApplicationLaunch Wanted { get; set; }

    /// <summary>Adds to a cause who it came from, where that is still to be found out.</summary>
    public Func<Signal, Signal> Identify { get; set; } = cause => cause;

    /// <summary>When each machine came into its state.</summary>
    public Dictionary<string, DateTimeOffset> Since { get; } = new(StringComparer.Ordinal);

    public DateTimeOffset BegunAt { get; } = parts.Time.GetUtcNow();

    private BoxStart Start => field ??= new BoxStart(parts, placeholders, kept, stored, boxes);

    /// <summary>Returns whether placeholders changed.</summary>
    public bool CarryOut(IReadOnlyList<MachineAction> actions, ApplicationSnapshot application)
    {
        bool changed = false;
        foreach (var action in BoxesFirst(actions))
        {
            changed |= CarryOut(action, application);
        }

        return changed;
    }

    /// <summary>A box takes milliseconds to start, and a client waits for it: what is only told about its start is told meanwhile.</summary>
    private static IEnumerable<MachineAction> BoxesFirst(IReadOnlyList<MachineAction> actions)
    {
        var told = new List<MachineAction>();
        foreach (var action in actions)
        {
            if (action is MachineAction.Record or MachineAction.Note or MachineAction.Schedule)
            {
                told.Add(action);
                continue;
            }

            if (action is not MachineAction.SpawnBox)
            {
                foreach (var earlier in told)
                {
                    yield return earlier;
                }

                told.Clear();
            }

            yield return action;
        }

        foreach (var earlier in told)
        {
            yield return earlier;
        }
    }

    /// <exception cref="FabricException">The networks could not be made as this says.</exception>
    public void ApplyNetworks(ApplicationLaunch launch, ApplicationSnapshot application)
    {
        var applied = LaunchFile.WithRunning(launch, Applied, application);
        parts.Fabric.Apply(applied);
        parts.Balancer.Apply(applied);
        Applied = applied;
        if (applied.Span is not null)
        {
            ExpectIdlePlugs();
        }
    }

    /// <summary>As long as machines may move.</summary>
    private void ExpectIdlePlugs()
    {
        if (!_looksForPlugs)
        {
            _looksForPlugs = true;
            parts.Loop.Schedule(parts.Loop.NowMs + PlugsEveryMs, () =>
            {
                _looksForPlugs = false;
                bool isLeft = false;
                Try("plugs", () => isLeft = parts.Fabric.RemoveIdlePlugs());
                if (isLeft || Applied.Span is not null)
                {
                    ExpectIdlePlugs();
                }
            });
        }
    }

    private bool CarryOut(MachineAction action, ApplicationSnapshot application)
    {
        switch (action)
        {
            case MachineAction.Record record:
                Record(record);
                return false;
            case MachineAction.HoldPlaceholders hold:
                return application.Machines.TryGetValue(hold.Machine, out var holding) && holding.HoldsPlaceholders && placeholders.Hold(hold.Machine, holding.Launch.Ports);
            case MachineAction.ClosePlaceholders close:
                return placeholders.Close(close.Machine);
            case MachineAction.SpawnBox spawn:
                Spawn(spawn, application);
                return true;
            case MachineAction.StopProgram stop when boxes.Find(stop.Box) is { } box:
                boxes.Send(box, new BoxMessage.StopProgram { Signal = stop.Signal, GraceMs = stop.GraceMs });
                return false;
            case MachineAction.SignalProgram signal when boxes.Find(signal.Box) is { } box:
                boxes.Send(box, new BoxMessage.SignalProgram { Signal = signal.Signal });
                return false;
            case MachineAction.FreezeBox freeze when boxes.Find(freeze.Box) is { } box:
                boxes.Send(box, new BoxMessage.Freeze { TickMs = freeze.TickMs, AtLeastMs = freeze.AtLeastMs, ReclaimAfterMs = freeze.ReclaimAfterMs });
                return false;
            case MachineAction.ThawBox thaw when boxes.Find(thaw.Box) is { } box:
                boxes.Send(box, new BoxMessage.Thaw { Why = thaw.Why, IsUndo = thaw.IsUndo });
                return false;
            case MachineAction.StoreBox store when boxes.Find(store.Box) is { } box:
                Store(box, application.Machines[store.Machine].Launch);
                return false;
            case MachineAction.TakeSnapshot take when boxes.Find(take.Box) is { } box:
                Take(box, application.Machines[take.Machine].Launch);
                return false;
            case MachineAction.DropSnapshot drop:
                kinds.Drop(Wanted, drop.Kind);
                return false;
            case MachineAction.ReleaseBox release when boxes.Find(release.Box) is { } box:
                boxes.Send(box, new BoxMessage.Release { Runs = release.Runs });
                return false;
            case MachineAction.DropStored drop:
                stored.Drop(Wanted, drop.Machine);
                kept.Close(drop.Machine);
                return false;
            case MachineAction.TellPolicy policy when boxes.Find(policy.Box) is { } box:
                boxes.Send(box, new BoxMessage.IdlePolicy { Idle = policy.Idle });
                return false;
            case MachineAction.LeadTo lead:
                parts.Log.Write($"{lead.Service}: its address leads to {string.Join(", ", lead.Machines)}");
                parts.Balancer.Lead(lead.Service, lead.Machines);
                parts.Fabric.Lead(lead.Service, lead.Machines);
                return true;
            case MachineAction.KillBox kill when boxes.Find(kill.Box) is { } box:
                boxes.Kill(box);
                return false;
            case MachineAction.Schedule schedule:
                parts.Loop.Schedule(schedule.AtMs, () => feed(new MachineInput.TimerDue(schedule.Machine, schedule.Kind, schedule.Token)));
                return false;
            case MachineAction.Note note:
                parts.Log.Write($"{note.Machine}: {note.Text}");
                return false;
            case MachineAction.Answer reply:
                answer(reply.Request, reply.Error);
                return false;
            default:
                return ChangeMachines(action, application);
        }
    }

    private bool ChangeMachines(MachineAction action, ApplicationSnapshot application)
    {
        switch (action)
        {
            case MachineAction.CleanMachine clean when application.Machines.TryGetValue(clean.Machine, out var machine):
                Overlays.Remove(machine.Launch.Root.OverlayDirectory, parts.Log);
                return false;
            case MachineAction.ForgetMachine forget:
                placeholders.Forget(forget.Machine);
                stored.Drop(Wanted, forget.Machine);
                kept.Close(forget.Machine);
                Since.Remove(forget.Machine);
                Overlays.Remove(forget.OverlayDirectory, parts.Log);
                Apply(application, forget.Machine);
                return true;
            case MachineAction.LeaveMachine leave:
                Leave(application.Machines[leave.Machine].Launch);
                return true;
            case MachineAction.RenewMachine renew:
                placeholders.Forget(renew.Machine);
                Apply(application, renew.Machine);
                return true;
            case MachineAction.Finish finish:
                Finish(finish);
                return true;
            default:
                // A box that has gone in the meantime needs neither a signal nor an end.
                return false;
        }
    }

    private void Record(MachineAction.Record record)
    {
        var cause = Identify(record.Cause);
        var (spent, reading) = meters.Change(record.Machine, record.From, record.To);
        var @event = new MachineEvent
        {
            Sequence = 0,
            At = parts.Time.GetUtcNow(),
            Machine = record.Machine,
            From = record.From,
            To = record.To,
            Cause = cause,
            ExitCode = record.ExitCode,
            LastLines = record.LastLines,
            FromSnapshot = record.FromSnapshot,
            Spent = spent,
            Reading = reading,
        };
        Since[record.Machine] = @event.At;
        parts.Log.Write($"{record.Machine}: {record.From} -> {record.To} ({cause.Kind}{(cause.Detail is { } detail ? ": " + detail : "")})");
        try
        {
            watchers.Publish(parts.Ledger.Append(@event));
        }
        catch (LinuxException exception)
        {
            // ENOSPC on the runtime folder: machines go on being served, the line is in the log above.
            parts.Log.Write($"the ledger cannot be written: {exception.Message}; make room in {Wanted.RuntimeDirectory}");
        }
    }

    private void Spawn(MachineAction.SpawnBox spawn, ApplicationSnapshot application)
    {
        var machine = application.Machines[spawn.Machine];
        try
        {
            Start.Start(spawn, machine.Launch, machine.IsStored, Wanted);
        }
        catch (Exception exception) when (exception is LinuxException or FabricException or IOException)
        {
            // Who waits goes on waiting for a machine that is now to start from its program.
            if (!spawn.IsClone)
            {
                placeholders.Close(spawn.Machine);
            }

            feed(new MachineInput.StartFailed(spawn.Machine, spawn.Box, CannotStart, $"its box could not be started: {exception.Message}", BoxIsGone: true, machine.IsStored && StoredMachines.Has(Wanted, machine.Launch)));
        }
    }

    /// <summary>What each machine was last, before this keeper; those that ran and have no box any more have lost it.</summary>
    public void Remember(IReadOnlyCollection<MachineEvent> events, IEnumerable<string> withBoxes)
    {
        foreach (var last in events)
        {
            Since[last.Machine] = last.At;
        }

        foreach (string machine in events.Where(last => last.To.RunsProgram()).Select(last => last.Machine).Except(withBoxes))
        {
            Unlock(machine);
        }
    }

    /// <summary>Its box was killed, perhaps while it dumped the machine, or kept in what the kernel sends for one that stands still.</summary>
    public void Unlock(string machine) => Try(machine, () =>
    {
        var place = parts.Fabric.PlaceOf(machine);
        if (place != MachinePlace.Elsewhere)
        {
            using var network = parts.Fabric.OpenMachine(machine);
            DumpLock.Remove(network);
            if (place != MachinePlace.Here)
            {
                parts.Log.Write($"{machine}: what is sent to it and by it goes on waiting, for its move is not over ({place})");
            }
            else if (MachinePlug.OpenOwn(network))
            {
                parts.Log.Write($"{machine}: what its box kept in when it was killed goes out");
            }
        }
    });

    /// <summary>What waits for a machine that runs goes its way at once: the kernel answers for its sockets.</summary>
    public void Open(string machine) => Try(machine, () => parts.Fabric.Unplug(machine));

    private void Leave(MachineLaunch machine)
    {
        placeholders.Forget(machine.Name);
        stored.Drop(Wanted, machine.Name);
        kept.Close(machine.Name);
        Overlays.Remove(machine.Root.OverlayDirectory, parts.Log);
        Try(machine.Name, () => parts.Fabric.Release(machine.Name));
    }

    private void Try(string machine, Action change)
    {
        try
        {
            change();
        }
        catch (FabricException exception)
        {
            parts.Log.Write($"{machine}: {exception.Message}");
        }
    }

    private void Store(Box box, MachineLaunch machine)
    {
        try
        {
            boxes.Send(box, new BoxMessage.Checkpoint { Folder = StoredMachines.Prepare(Wanted, machine), IfFrozen = true, Connections = CheckpointConnections.Keep });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            feed(new MachineInput.NotStoredSaid(box.Machine, box.Id, exception.Message));
        }
    }

    private void Take(Box box, MachineLaunch machine)
    {
        try
        {
            boxes.Send(box, new BoxMessage.Checkpoint { Folder = KindSnapshots.Prepare(Wanted, machine), LeaveRunning = true, Connections = CheckpointConnections.Close, WithFiles = true, ForClones = true });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            feed(new MachineInput.SnapshotNotTaken(box.Machine, box.Id, exception.Message));
        }
    }

    private void Apply(ApplicationSnapshot application, string because)
    {
        try
        {
            ApplyNetworks(Wanted with { Machines = [.. Wanted.Machines.Where(machine => application.Machines.ContainsKey(machine.Name))] }, application);
        }
        catch (FabricException exception)
        {
            parts.Log.Write($"{because}: the networks could not be changed: {exception.Message}");
        }
    }

    private void Finish(MachineAction.Finish finish)
    {
        placeholders.Dispose();
        kept.Dispose();
        kinds.DropAll(Wanted);
        string? error = null;
        try
        {
            parts.Fabric.Remove();
        }
        catch (FabricException exception)
        {
            error = exception.Message;
            parts.Log.Write(exception.Message);
        }

        parts.Groups.Remove();
        foreach (long request in finish.Requests)
        {
            answer(request, error);
        }

        parts.Loop.Stop();
    }
}
