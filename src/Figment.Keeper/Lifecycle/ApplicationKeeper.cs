using System.Threading.Channels;
using Figment.Keeper.Boxes;
using Figment.Keeper.Control;
using Figment.Keeper.Fabric;
using Figment.Keeper.Hibernation;
using Figment.Keeper.Metering;
using Figment.Keeper.Placeholders;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Machines.Elasticity;
using Figment.Machines.Inputs;
using Figment.Machines.States;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Keeper.Lifecycle;

/// <summary>
/// One application: turns what happens into inputs of <see cref="Figment.Machines.Decisions.Lifecycle"/> and has its decisions carried out. Everything but
/// <see cref="Ask"/>, <see cref="Watch"/> and <see cref="Unwatch"/> is on the loop's thread.
/// </summary>
internal sealed class ApplicationKeeper : IKeeperControl, IDisposable
{
    private readonly KeeperParts _parts;
    private readonly PlaceholderTable _placeholders;
    private readonly KeptSockets _kept;
    private readonly StoredMachines _stored;
    private readonly KindSnapshots _kinds;
    private readonly SnapshotMeter _taken = new();
    private readonly UserSnapshots _snapshots = new();
    private readonly BoxTable _boxes;
    private readonly MachineMeters _meters;
    private readonly WatchHub _watchers = new();
    private readonly Answers _answers = new();
    private readonly Effects _effects;
    private readonly Wants _wants;
    private readonly MoveRequests _moves;
    private readonly Queue<MachineInput> _inputs = [];

    /// <summary>The ports that the launch record names, before what was learnt.</summary>
    private readonly Dictionary<string, IReadOnlyList<KnownPort>> _filePorts = new(StringComparer.Ordinal);

    private ApplicationLaunch _wanted;
    private ApplicationSnapshot _application = new();
    private bool _isDeciding;

    public ApplicationKeeper(ApplicationLaunch launch, KeeperParts parts)
    {
        _wanted = launch;
        _parts = parts;
        _placeholders = new PlaceholderTable(parts.Loop, parts.Fabric, parts.Log, OnSignal, () => parts.Generation.Increment());
        _kept = new KeptSockets(parts.Loop, parts.Fabric, (machine, signal) => Feed(new MachineInput.SignalArrived(machine, signal)));
        _stored = new StoredMachines(parts.Log, parts.Time);
        _kinds = new KindSnapshots(parts.Log);
        _meters = new MachineMeters(parts);
        _boxes = new BoxTable(parts.Loop, parts.Log, parts.Groups, OnSaid, OnEnded, OnGone);
        _effects = new Effects(parts, _placeholders, _kept, _stored, _kinds, _boxes, _meters, _watchers, Feed, Answer) { Applied = launch, Wanted = launch };
        _wants = new Wants(parts, _placeholders, _boxes);
        _moves = new MoveRequests(parts, _stored, _answers, () => _application, Place, Feed);
    }

    /// <summary>True once everything was taken down.</summary>
    public bool IsDown => _application.Gone;

    public ApplicationSnapshot Application => _application;

    /// <summary>Adopts the boxes found, remembers what the ledger says of the others, and starts what is eager. The networks have been applied.</summary>
    public void Begin(IReadOnlyList<BoxAdoption.Found> found)
    {
        var adopted = new List<Adoption>();
        var remembered = _parts.Ledger.Last.ToDictionary(@event => @event.Machine, StringComparer.Ordinal);
        long strays = 0;
        foreach (var (report, channel, started) in found)
        {
            bool isOurs = _wanted.Machines.Any(machine => machine.Name == report.Machine);

            // Strays count downwards from 0, out of the way of the boxes that decisions know of.
            long id = isOurs ? adopted.Count + 1 : --strays;
            var box = _boxes.Add(id, report.Machine, channel, started);
            if (isOurs)
            {
                box.ProgramPid = report.Pid;
                box.Cgroups = report.Cgroups;
                _meters.Adopt(report.Machine, report.Cgroups, remembered.GetValueOrDefault(report.Machine));
                adopted.Add(new Adoption(report.Machine, id, report.Revision, report.HasListened, report.Pid is not null, report.Health, report.IsFrozen, report.IsClone));
            }
            else
            {
                _parts.Log.Write($"{report.Machine}: is not part of the application any more; its box is stopped");
                _boxes.Send(box, new BoxMessage.StopProgram());
            }
        }

        _effects.Remember(remembered.Values, found.Select(box => box.Report.Machine));
        Feed(new MachineInput.Begin(Merge(_wanted.Machines), [.. remembered.Values], adopted, _stored.Find(_wanted)) { Kinds = _kinds.Find(_wanted) });
    }

    public Task<KeeperReply> Ask(KeeperRequest request)
    {
        var reply = new TaskCompletionSource<KeeperReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _parts.Loop.Post(() => OnRequest(request, reply));
        return reply.Task;
    }

    public Channel<MachineEvent> Watch() => _watchers.Add();

    public void Unwatch(Channel<MachineEvent> watcher) => _watchers.Remove(watcher);

    /// <summary>Closes the placeholders; boxes and networks stay for the next keeper.</summary>
    public void Dispose()
    {
        _placeholders.Dispose();
        _kept.Dispose();
        _boxes.Dispose();
        _meters.Dispose();
    }

    private void OnEnded(Box box)
    {
        _meters.Look(box.Machine);
        _effects.Unlock(box.Machine);
    }

    private void Feed(MachineInput input)
    {
        _inputs.Enqueue(input);
        if (_isDeciding)
        {
            return;
        }

        _isDeciding = true;
        try
        {
            while (_inputs.TryDequeue(out var next))
            {
                Decide(next);
            }
        }
        finally
        {
            _isDeciding = false;
        }
    }

    private void Decide(MachineInput input)
    {
        var before = _application;
        var decision = Figment.Machines.Decisions.Lifecycle.Decide(before, input, _parts.Loop.NowMs);
        _application = decision.After;
        _effects.Wanted = _wanted;
        bool changed = _effects.CarryOut(decision.Actions, _application);
        foreach (var (name, machine) in _application.Machines)
        {
            var old = before.Machines.GetValueOrDefault(name);
            if (ReferenceEquals(machine, old))
            {
                continue;
            }

            // To connect to a frozen machine is as to one that runs.
            changed |= old is null || (old.State != machine.State && !(old.Serves && machine.Serves));
            _placeholders.Watch(name, machine.AwaitsSignal);
            _kept.Watch(name, machine is { State: MachineState.Hibernated, Leaving: null });
        }

        _parts.Boxes.Expect(_boxes.Any && !_application.GoingDown, _wanted.BoxPath);

        // After the effects: who sees the new number sees the placeholders that go with it.
        if (changed || before.Machines.Count != _application.Machines.Count)
        {
            _parts.Generation.Increment();
        }
    }

    private void OnSignal(string machine, Signal signal, Func<Signal, Signal> identify)
    {
        if (_application.Machines.TryGetValue(machine, out var target)
            && signal is { Port: { } port, Protocol: { } protocol }
            && _parts.Learnt.IsGuess(target.Launch.Service, port, protocol))
        {
            signal = signal with { Kind = SignalKind.Connect };
        }

        // Its box is started first; who connected is found out when that is written down.
        Signal? identified = null;
        _effects.Identify = cause => ReferenceEquals(cause, signal) ? identified ??= identify(signal) : cause;
        Feed(new MachineInput.SignalArrived(machine, signal));
        _effects.Identify = cause => cause;
        if (identified is not null && _application.Machines.TryGetValue(machine, out var woken) && ReferenceEquals(woken.Cause, signal))
        {
            _application = _application with { Machines = _application.Machines.SetItem(machine, woken with { Cause = identified }) };
        }
    }

    private void OnSaid(Box box, BoxMessage message, IReadOnlyList<Descriptor> descriptors)
    {
        bool isCurrent = _application.Machines.TryGetValue(box.Machine, out var machine) && machine.Box == box.Id;
        if (isCurrent && message is BoxMessage.KeptSockets or BoxMessage.Checkpointed)
        {
            _taken.Count(_wanted, machine!.Launch, message);
            OnStored(box, machine, message, descriptors);
            return;
        }

        foreach (var descriptor in descriptors)
        {
            descriptor.Dispose();
        }

        if (isCurrent)
        {
            _taken.Count(_wanted, machine!.Launch, message);
            OnSaid(box, machine, message);
        }
    }

    private void OnStored(Box box, MachineSnapshot machine, BoxMessage message, IReadOnlyList<Descriptor> descriptors)
    {
        switch (message)
        {
            case BoxMessage.KeptSockets kept:
                _kept.Add(box.Machine, kept.Connections.Zip(descriptors));
                break;
            case BoxMessage.Checkpointed checkpointed when KindSnapshots.IsOwn(_wanted, checkpointed.Folder):
                Feed(new MachineInput.SnapshotTaken(box.Machine, box.Id, checkpointed.PauseMs));
                break;
            case BoxMessage.Checkpointed checkpointed when !StoredMachines.IsOwn(_wanted, box.Machine, checkpointed.Folder):
                if (!checkpointed.GoesOn)
                {
                    _meters.Ended(box.Machine, checkpointed.ProcessorUs);
                    Feed(new MachineInput.CheckpointedSaid(box.Machine, box.Id));
                }

                // If an earlier keeper asked for it the daemon finds the snapshot.
                _snapshots.Complete(checkpointed.Folder, checkpointed.PauseMs);
                break;
            case BoxMessage.Checkpointed checkpointed:
                _placeholders.Adopt(box.Machine, checkpointed.Listeners.Zip(descriptors));
                _meters.Ended(box.Machine, checkpointed.ProcessorUs);
                _stored.Remember(_wanted, machine.Launch, machine.GoesOnAtMs - _parts.Loop.NowMs);
                Feed(new MachineInput.StoredSaid(box.Machine, box.Id, checkpointed.PauseMs));
                break;
        }
    }

    private void OnGone(Box box)
    {
        if (_snapshots.OnGone(box.Id))
        {
            Feed(new MachineInput.CheckpointedSaid(box.Machine, box.Id));
        }

        // It may have died after the last of it was written, and before it could say so.
        if (_application.Machines.GetValueOrDefault(box.Machine) is { IsTaken: true } machine && machine.Box == box.Id && KindSnapshots.Of(_wanted, machine.Launch.Kind) is not null)
        {
            Feed(new MachineInput.SnapshotTaken(box.Machine, box.Id, PauseMs: 0));
        }

        Feed(new MachineInput.BoxGone(box.Machine, box.Id, IsStored(box.Machine)));
    }

    private bool IsStored(string machine) => _application.Machines.TryGetValue(machine, out var found) && StoredMachines.Has(_wanted, found.Launch);

    private void OnSaid(Box box, MachineSnapshot machine, BoxMessage message)
    {
        switch (message)
        {
            case BoxMessage.Started started:
                box.ProgramPid = started.Pid;
                box.Cgroups = started.Cgroups;
                _meters.Started(box.Machine, started.Cgroups);
                _parts.Log.Write($"{box.Machine}: started in (µs) {string.Join(", ", started.Steps.Select(step => $"{step.Key} {step.Value}"))}");
                Feed(new MachineInput.BoxStarted(box.Machine, box.Id));
                break;
            case BoxMessage.NotRestored not:
                Feed(new MachineInput.NotBegun(box.Machine, box.Id, not.Reason));
                break;
            case BoxMessage.StartFailed failed:
                Feed(new MachineInput.StartFailed(box.Machine, box.Id, failed.ExitCode, failed.Error, BoxIsGone: false, machine.IsStored && _stored.Remains(_wanted, machine.Launch, failed)));
                break;
            case BoxMessage.Listening listening:
                OnListening(box, machine, listening);
                break;
            case BoxMessage.PlaceholderClosed closed:
                if (_parts.Learnt.Forget(machine.Launch.Service, closed.Port, closed.Protocol))
                {
                    TellPorts(machine.Launch.Service);
                }

                _parts.Generation.Increment();
                break;
            case BoxMessage.Wanted wanted:
                if (_wants.Grant(box, wanted, _application) is { } learntBy)
                {
                    TellPorts(learntBy.Launch.Service);
                    _placeholders.Watch(learntBy.Name, _application.Machines[learntBy.Name].AwaitsSignal);
                    _parts.Generation.Increment();
                }

                _boxes.Send(box, new BoxMessage.Granted { Id = wanted.Id });
                break;
            case BoxMessage.HealthChanged health:
                Feed(new MachineInput.HealthChanged(box.Machine, box.Id, health.State));
                break;
            case BoxMessage.Quiet quiet:
                Feed(new MachineInput.QuietSaid(box.Machine, box.Id, new QuietReport(quiet.ForMs, quiet.ProcessorUs, quiet.NetworkBytes, quiet.Peers)));
                break;
            case BoxMessage.Active:
                Feed(new MachineInput.ActiveSaid(box.Machine, box.Id));
                break;
            case BoxMessage.Load load:
                Feed(new MachineInput.LoadSaid(box.Machine, box.Id, new MachineLoad(load.Connections, load.Queued, load.ProcessorPercent, load.MemoryPercent)));
                break;
            case BoxMessage.Frozen frozen:
                Feed(new MachineInput.FrozenSaid(box.Machine, box.Id, frozen.Threads, frozen.EndsInMs));
                break;
            case BoxMessage.Busy busy:
                Feed(new MachineInput.BusySaid(box.Machine, box.Id, busy.Reason));
                break;
            case BoxMessage.Reclaimed reclaimed:
                _meters.Reclaimed(box.Machine, reclaimed.BytesBefore);
                _parts.Log.Write($"{box.Machine}: gave memory back, {reclaimed.BytesBefore} to {reclaimed.BytesAfter} bytes");
                break;
            case BoxMessage.Thawed thawed:
                Feed(new MachineInput.ThawedSaid(box.Machine, box.Id, Causes.Of(thawed, _parts.Fabric)));
                break;
            case BoxMessage.CheckpointFailed failed when KindSnapshots.IsOwn(_wanted, failed.Folder):
                Feed(new MachineInput.SnapshotNotTaken(box.Machine, box.Id, failed.Reason));
                break;
            case BoxMessage.CheckpointFailed failed when !StoredMachines.IsOwn(_wanted, box.Machine, failed.Folder):
                _snapshots.Fail(failed.Folder, failed.Reason);
                break;
            case BoxMessage.CheckpointFailed failed:
                Feed(new MachineInput.NotStoredSaid(box.Machine, box.Id, failed.Reason));
                break;
            case BoxMessage.Held:
                Feed(new MachineInput.HeldSaid(box.Machine, box.Id));
                break;
            case BoxMessage.Goes:
                _effects.Open(box.Machine);
                break;
            case BoxMessage.Departed departed:
                _meters.Ended(box.Machine, departed.ProcessorUs);
                Feed(new MachineInput.DepartedSaid(box.Machine, box.Id));
                break;
            case BoxMessage.Exited exited:
                _meters.Ended(box.Machine, exited.ProcessorUs);
                Feed(new MachineInput.ProgramExited(box.Machine, box.Id, exited.ExitCode, exited.Signal, exited.OutOfMemory, exited.LastLines));
                break;
            default:
                _parts.Log.Write($"{box.Machine}: its box says {message.GetType().Name}, which is not for a keeper");
                break;
        }
    }

    /// <summary>A UDP port that nobody knew may be a client's own: it is learnt, but does not say that the program serves.</summary>
    private void OnListening(Box box, MachineSnapshot machine, BoxMessage.Listening listening)
    {
        bool isKnown = machine.Launch.Ports.Any(port => port.Port == listening.Port && port.Protocol == listening.Protocol);
        if (!listening.Loopback && (isKnown || listening.Protocol == Model.Specs.TransportProtocol.Tcp)
            && _parts.Learnt.Confirm(machine.Launch.Service, listening.Port, listening.Protocol, listening.Family))
        {
            TellPorts(machine.Launch.Service);
        }

        bool serves = !listening.Loopback && (isKnown || listening.Protocol == Model.Specs.TransportProtocol.Tcp);
        Feed(new MachineInput.Listening(box.Machine, box.Id, Loopback: !serves));
    }

    private void TellPorts(string service)
    {
        foreach (var machine in _application.Machines.Values.Where(machine => machine.Launch.Service == service))
        {
            var known = _filePorts.GetValueOrDefault(machine.Name) ?? machine.Launch.Ports;
            Feed(new MachineInput.PortsLearnt(machine.Name, _parts.Learnt.Merge(service, known)));
        }
    }

    private void OnRequest(KeeperRequest request, TaskCompletionSource<KeeperReply> reply)
    {
        switch (request)
        {
            case KeeperRequest.Status:
                reply.SetResult(new KeeperReply { Machines = [.. _application.Machines.Values.Select(StatusOf)], Epoch = _wanted.Epoch, Snapshots = _taken.Counts });
                break;
            case KeeperRequest.Update update:
                OnUpdate(update.Revive, reply);
                break;
            case KeeperRequest.Start start:
                Feed(new MachineInput.StartAsked(_answers.Add(reply, start.Machine), start.Machine, start.Wait));
                break;
            case KeeperRequest.Stop stop:
                Feed(new MachineInput.StopAsked(_answers.Add(reply, stop.Machine), stop.Machine, stop.Signal, stop.GraceMs, stop.ToImaginary));
                break;
            case KeeperRequest.Restart restart:
                Feed(new MachineInput.RestartAsked(_answers.Add(reply, restart.Machine), restart.Machine, restart.GraceMs));
                break;
            case KeeperRequest.Kill kill:
                Feed(new MachineInput.KillAsked(_answers.Add(reply, kill.Machine), kill.Machine, kill.Signal));
                break;
            case KeeperRequest.Remove remove:
                Feed(new MachineInput.RemoveAsked(_answers.Add(reply, remove.Machine), remove.Machine, remove.Force));
                break;
            case KeeperRequest.TakeSnapshot checkpoint:
                _snapshots.Ask(_application.Machines.GetValueOrDefault(checkpoint.Machine), _boxes, checkpoint, reply);
                break;
            case KeeperRequest.Restore restore:
                OnRestore(restore, reply);
                break;
            case KeeperRequest.Place or KeeperRequest.Divert or KeeperRequest.Prepare or KeeperRequest.Arrive or KeeperRequest.Admit or KeeperRequest.Dismiss:
                _moves.Begin(request, reply);
                break;
            case KeeperRequest.Down down:
                Feed(new MachineInput.DownAsked(_answers.Add(reply, null), down.GraceMs));
                break;
            default:
                reply.SetResult(new KeeperReply { Error = $"a keeper does not know how to do {request.GetType().Name}" });
                break;
        }
    }

    private void OnRestore(KeeperRequest.Restore asked, TaskCompletionSource<KeeperReply> reply)
    {
        if (Figment.Machines.Decisions.Lifecycle.RestoreComplaint(_application, asked.Machine) is { } complaint)
        {
            reply.SetResult(new KeeperReply { Error = complaint });
            return;
        }

        try
        {
            _stored.Place(_wanted, _application.Machines[asked.Machine].Launch, asked.Folder, isClone: asked.CloneOf is not null);
            _kept.Close(asked.Machine);
            Feed(new MachineInput.RestoreAsked(_answers.Add(reply, asked.Machine), asked.Machine, asked.CloneOf));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            reply.SetResult(new KeeperReply { Error = exception.Message });
        }
    }

    private void OnUpdate(bool revive, TaskCompletionSource<KeeperReply> reply)
    {
        try
        {
            var launch = LaunchFile.Read(_wanted.RuntimeDirectory);
            if (launch.Application != _wanted.Application || launch.Epoch < _wanted.Epoch)
            {
                reply.SetResult(new KeeperReply { Error = $"keeper.json is of application {launch.Application}, epoch {launch.Epoch}; this keeper keeps {_wanted.Application}, epoch {_wanted.Epoch}" });
                return;
            }

            if (_application.GoingDown)
            {
                reply.SetResult(new KeeperReply { Error = "the application is going down" });
                return;
            }

            _parts.Fabric.HoldClients();
            _effects.ApplyNetworks(launch, _application);
            _wanted = launch;
            Feed(new MachineInput.UpdateAsked(_answers.Add(reply, null), Merge(launch.Machines), revive));
        }
        catch (Exception exception) when (exception is InvalidDataException or FabricException or LinuxException)
        {
            reply.SetResult(new KeeperReply { Error = exception.Message });
        }
        finally
        {
            _parts.Fabric.ServeClients();
        }
    }

    private List<MachineLaunch> Merge(IReadOnlyList<MachineLaunch> machines)
    {
        foreach (var machine in machines)
        {
            _filePorts[machine.Name] = machine.Ports;
        }

        return [.. machines.Select(machine => machine with { Ports = _parts.Learnt.Merge(machine.Service, machine.Ports) })];
    }

    private ApplicationLaunch Place(string machine, string? node) =>
        _wanted = _effects.Wanted = _wanted with { Machines = [.. _wanted.Machines.Select(one => one.Name == machine ? one with { Node = node } : one)] };

    private void Answer(long request, string? error)
    {
        var (reply, machine) = _answers.Take(request);
        var status = machine is not null && _application.Machines.TryGetValue(machine, out var snapshot) ? StatusOf(snapshot) : null;
        reply.SetResult(new KeeperReply { Error = error, Machines = status is null ? null : [status] });
    }

    private MachineStatus StatusOf(MachineSnapshot machine) =>
        Statuses.Of(machine, _application, _boxes.Find(machine.Box), _effects.Since.GetValueOrDefault(machine.Name, _effects.BegunAt), _meters.SoFar(machine.Name), _placeholders.Errors(machine.Name));
}
