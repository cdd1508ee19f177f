using System.Globalization;
using System.Runtime.InteropServices;
using Figment.Box.Arrivals;
using Figment.Box.Checkpoints;
using Figment.Box.Control;
using Figment.Box.Departures;
using Figment.Box.Diagnostics;
using Figment.Box.Freezing;
using Figment.Box.Health;
using Figment.Box.Idleness;
using Figment.Box.Interposition;
using Figment.Box.Launching;
using Figment.Box.Output;
using Figment.Box.Streams;
using Figment.Linux.Cgroups;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Memory;
using Figment.Linux.Processes;
using Figment.Linux.Sockets;
using Figment.Migration.Criu;
using Figment.Migration.Engine;
using Figment.Migration.Lazy;
using Figment.Model.Control;
using Figment.Model.States;

namespace Figment.Box.Supervision;

/// <summary>One machine from launch to exit. <see cref="Run"/> is the main thread's.</summary>
internal sealed class MachineSupervisor : IDisposable
{
    /// <summary>After the program ended its streams end at once, unless somebody outside the machine was given one.</summary>
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(1);

    /// <summary>figmentd attaches as soon as it sees the socket; if it has died meanwhile the output goes to the log alone.</summary>
    private static readonly TimeSpan AttachPatience = TimeSpan.FromSeconds(10);

    /// <summary>A client that is attached takes the last bytes at once, or is slow.</summary>
    private static readonly TimeSpan SessionPatience = TimeSpan.FromSeconds(1);

    /// <summary>A keeper that died is started again at once, and adopts its boxes.</summary>
    private static readonly TimeSpan KeeperPatience = TimeSpan.FromSeconds(10);

    /// <summary>A hook that runs longer is no hook.</summary>
    private static readonly TimeSpan PostStartPatience = TimeSpan.FromMinutes(5);

    /// <summary>SIGKILL, which is what the kernel sends for want of memory; an init passes it on as a code.</summary>
    private const int KilledCode = 137;

    private const int SIGKILL = 9;

    private readonly Descriptor _network;
    private readonly GenerationPage _generation;
    private readonly BoxLog _log;
    private readonly TimeProvider _time;
    private readonly MachineBoard _board;
    private readonly KeeperLink _keeper;
    private readonly HeldFaults _faults;
    private readonly Interposer _interposer;
    private readonly ProgramStopper _stopper;
    private readonly StartTimeline _timeline;
    private readonly KeptConnections? _kept;
    private readonly HeldMachine? _held;
    private readonly BoxSocket? _feed;
    private readonly Lazy<ICheckpointEngine?> _engine = new(() => CriuProgram.Find(Environment.GetEnvironmentVariable, AppContext.BaseDirectory) is { } criu ? new CriuEngine(criu) : null);
    private BoxMessage.Launch _launch;
    private MachineBirth _birth;
    private MachineExec? _exec;
    private MachineFreeze? _freeze;
    private IdleWatch? _idle;
    private CheckpointRun? _checkpoints;
    private DepartureRun? _departures;

    public MachineSupervisor(BoxMessage.Launch launch, Descriptor network, Descriptor generation, IReadOnlyList<Descriptor> placeholders, BoxLog log, TimeProvider time)
    {
        (_launch, _network, _log, _time) = (launch, network, log, time);
        _timeline = new StartTimeline(launch.BegunAt, time);
        _timeline.Done("box");
        _keeper = new KeeperLink(log) { Received = Received, Changed = KeeperChanged };
        _faults = new HeldFaults(_keeper);
        _kept = launch.KeptConnections is { } count ? new KeptConnections(count) : null;
        _held = launch.Arrives ? new HeldMachine(() => _keeper.Send(new BoxMessage.Held()), () => _keeper.Send(new BoxMessage.Goes())) : null;
        _birth = launch.RestoreFrom is null ? new MachineStart(launch, network, _timeline, log.Warn) : new MachineRestore(launch, network, _engine.Value, _kept, connections => _interposer!.Keep(connections), EndRestore, _held, _faults, time, _timeline, log.Warn);
        _birth.Begin();
        if (launch.Arrives && _birth is MachineRestore arriving)
        {
            _feed = new BoxSocket(Path.Combine(launch.RuntimeDirectory, StreamRequest.Feed.SocketName), log) { Keeper = (socket, _) => socket.Dispose(), Stream = (socket, request) => Feed(socket, request, arriving) };
            _feed.Start();
        }

        _generation = new GenerationPage(generation);
        generation.Dispose();
        _board = new MachineBoard(launch, time);
        _interposer = new Interposer(launch, network, _generation, _keeper.Send, _board.Listening, log, time);
        _stopper = new ProgramStopper(launch.Machine.Program, BeforeStop, time);
        foreach (var (known, socket) in launch.Placeholders.Zip(placeholders))
        {
            _interposer.Add(Placeholder.From(known.Port, known.Protocol, socket));
        }
    }

    /// <returns>The box's exit code.</returns>
    public int Run(LineChannel keeper)
    {
        _keeper.Adopt(keeper, first: null);
        (Pidfd Process, ProgramStreams Streams) program;
        try
        {
            if (_launch.RestoreFrom is not null)
            {
                _interposer.BeginRestore();
            }

            program = _birth.Finish(_interposer.Watch);
        }
        catch (LaunchFailedException exception) when (_launch is { IsClone: true, UsesSnapshotUp: false })
        {
            try
            {
                program = StartInstead(exception.Message);
            }
            catch (LaunchFailedException worse)
            {
                return Fail(_birth.Cgroup, worse);
            }
        }
        catch (LaunchFailedException exception)
        {
            return Fail(_birth.Cgroup, exception);
        }

        return Supervise(_birth.Cgroup!, program.Process, program.Streams);
    }

    public void Dispose()
    {
        _feed?.Dispose();
        _interposer.Dispose();
        _stopper.Dispose();
        _birth.Dispose();
        _generation.Dispose();
        _network.Dispose();
    }

    /// <summary>A snapshot of its kind only saves time: without one the machine starts from its program, for the same clients.</summary>
    private (Pidfd Process, ProgramStreams Streams) StartInstead(string reason)
    {
        _birth.Abandon();
        foreach (string failure in _birth.Cgroup?.Remove(_time) ?? [])
        {
            _log.Warn(failure);
        }

        _interposer.AbandonRestore();
        _launch = _launch with { RestoreFrom = null, IsClone = false, KeptConnections = null };
        _board.IsClone = false;
        _keeper.Send(new BoxMessage.NotRestored { Reason = reason });
        _birth = new MachineStart(_launch, _network, _timeline, _log.Warn);
        _birth.Begin();
        return _birth.Finish(_interposer.Watch);
    }

    /// <summary>From the program's start to its end.</summary>
    private int Supervise(MachineCgroup cgroup, Pidfd process, ProgramStreams streams)
    {
        using var own = process;
        using var ownStreams = streams;
        using var output = new OutputPump(streams, _launch.StateDirectory, _launch.Machine.Logging, _launch.Machine.AwaitsAttach ? AttachPatience : TimeSpan.Zero, _time);
        _board.Started(process.Pid, cgroup.Folders);

        // Whoever ends the box by a signal ends the program, as it wants to be ended.
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            Stop(null, null);
        });
        using var freeze = new MachineFreeze(cgroup, _network, TellOfFreeze, _log, _time);
        _freeze = freeze;
        var checkpoint = new MachineCheckpoint(_launch, process, cgroup, _birth.Mounts, streams, _engine, _birth.Memory, _time);
        var stop = new MachineStop(checkpoint, freeze, cgroup, _network, () => _interposer.RelayedConnections);
        _checkpoints = new CheckpointRun(checkpoint, freeze, cgroup, stop, _board.Serves, _keeper.Send, _log, _time);
        _departures = new DepartureRun(checkpoint, freeze, stop, _network, _log, _time);
        _exec = new MachineExec(_launch, process, cgroup, _interposer.Watch, KeepAwake, _log.Warn);
        var sessions = new StreamSessions(_exec, streams, output.Fan, Signal, _departures, _log);
        using var socket = new BoxSocket(Path.Combine(_launch.RuntimeDirectory, "box.sock"), _log) { Keeper = AdoptKeeper, Stream = sessions.Serve };
        socket.Start();

        if (_launch.IsClone && HookRun.Run(_exec, _launch.Machine.AfterRestore, TimeSpan.FromMilliseconds(_launch.Machine.StartTimeoutMs), _log.Warn, _time) is { } failure)
        {
            // It may take itself for another machine.
            process.Signal(SIGKILL);
            process.Wait();
            output.Finish(OutputPatience);
            sessions.Ended(KilledCode);
            socket.Dispose();
            sessions.Finish(SessionPatience);
            return Fail(cgroup, new LaunchFailedException(LaunchFailedException.Machine, $"after-restore: {failure}"));
        }

        // Who hears that it has started may speak to it at once.
        _keeper.Send(new BoxMessage.Started { Pid = process.Pid, Cgroups = cgroup.Folders, Steps = _timeline.Steps });
        using var health = HealthMonitor.IsWanted(_launch.Machine.HealthCheck) ? new HealthMonitor(_launch.Machine.HealthCheck!, _exec, BeginCheck, Health, _time) : null;
        if (_launch.RestoreFrom is null)
        {
            AfterStart(_exec);
        }

        _birth.Memory.ContinueWith(TellOfMemory, TaskScheduler.Default);
        _stopper.Started(process);
        _birth.Tidy();
        using var idle = new IdleWatch(_launch.Machine.Idle, cgroup, process.Pid, _network, () => output.Bytes, Meter(cgroup), _keeper.Send, _log, _time);
        _idle = idle;
        var exit = process.Wait();
        _stopper.Ended();
        idle.Dispose();
        freeze.Dispose();
        var lastLines = output.Finish(OutputPatience);
        sessions.Ended(exit.Code);
        health?.Dispose();
        var stored = _checkpoints.Finish();
        bool hasDeparted = _departures.Finish();
        _keeper.Await(KeeperPatience);
        socket.Dispose();
        sessions.Finish(SessionPatience);
        if (hasDeparted)
        {
            End(cgroup, new BoxMessage.Departed { ProcessorUs = UsedUs(cgroup) }, []);
        }
        else if (stored is not null)
        {
            foreach (var some in stored.Connections.Chunk(DescriptorSocket.DescriptorsMax))
            {
                _keeper.Send(new BoxMessage.KeptSockets { Connections = [.. some.Select(one => one.Connection)] }, [.. some.Select(one => one.Socket.Number)]);
            }

            End(cgroup, stored.Message with { ProcessorUs = UsedUs(cgroup) }, stored.Listeners);
        }
        else
        {
            End(cgroup, new BoxMessage.Exited { ExitCode = exit.Code, Signal = exit.Signal, OutOfMemory = exit.Code == KilledCode && cgroup.OutOfMemoryKills() > 0, ProcessorUs = UsedUs(cgroup), LastLines = lastLines }, []);
        }

        return 0;
    }

    private static void Feed(Descriptor socket, StreamRequest request, MachineRestore arriving)
    {
        using var client = new FrameChannel(socket);
        if (request is StreamRequest.Feed)
        {
            arriving.Owed.ContinueWith(_ => { }, TaskScheduler.Default).GetAwaiter().GetResult();
            MemoryFeed.Serve(client, arriving.Owed.IsCompletedSuccessfully ? arriving.Owed.Result : null);
        }
    }

    private void TellOfMemory(Task<LazyReport?> memory)
    {
        if (memory is { IsCompletedSuccessfully: true, Result: { } report })
        {
            _log.Note(string.Create(CultureInfo.InvariantCulture, $"all of its memory is there: {report.Pages} pages in {report.Took.TotalMilliseconds:F0} ms, of which it waited for {report.Touched}"));
        }
    }

    private void EndRestore() => _interposer.EndRestore();

    private LoadMeter? Meter(MachineCgroup cgroup) => _launch.Machine.Elastic is null ? null : new LoadMeter(_launch.Machine.Resources, cgroup, _board.Serves);

    private static long? UsedUs(MachineCgroup cgroup)
    {
        using var processor = ProcessorTime.Open(cgroup.Folders);
        return processor?.ReadUs();
    }

    private void KeeperChanged(bool present)
    {
        if (!present)
        {
            _held?.Drop();
        }

        _interposer.KeeperChanged(present);
        if (present)
        {
            _faults.TellAgain();
            _idle?.TellAgain();
        }
    }

    private void TellOfFreeze(BoxMessage message)
    {
        _board.OnFreeze(message);
        _keeper.Send(message);
        _idle?.OnFreeze(message);
    }

    private IDisposable KeepAwake(string why)
    {
        _idle?.Asked();
        return _freeze!.KeepAwake(why);
    }

    /// <summary>A health check keeps no machine awake: what it costs does not count, and a frozen machine is not checked (null).</summary>
    private Exemption? BeginCheck() => _freeze!.TryHold() is { } hold ? new Exemption(hold, _idle?.Exempt()) : null;

    /// <summary>A machine that is to end is not frozen any more.</summary>
    private void Stop(int? signal, long? graceMs)
    {
        _freeze?.KeepAwake("stop");
        _stopper.Stop(signal, graceMs);
    }

    private void Signal(int signal)
    {
        _idle?.Asked();
        _freeze?.Thaw(ThawCause.Asked, $"signal {signal}");
        _stopper.Signal(signal);
    }

    private void AfterStart(MachineExec exec)
    {
        if (_launch.Machine.PostStart.Count > 0)
        {
            var thread = new Thread(() => HookRun.Run(exec, _launch.Machine.PostStart, PostStartPatience, _log.Warn, _time)) { IsBackground = true, Name = "hooks" };
            thread.Start();
        }
    }

    private void BeforeStop()
    {
        if (_launch.Machine.PreStop.Count > 0 && _exec is { } exec)
        {
            HookRun.Run(exec, _launch.Machine.PreStop, TimeSpan.FromMilliseconds(_launch.Machine.Program.StopGraceMs), _log.Warn, _time);
        }
    }

    private void Health(BoxMessage.HealthChanged changed)
    {
        _board.Health(changed.State);
        _keeper.Send(changed);
    }

    private void AdoptKeeper(Descriptor socket, BoxMessage.Hello hello)
    {
        if (hello.Epoch < _launch.Epoch)
        {
            _log.Warn($"a keeper of epoch {hello.Epoch} was refused, this machine was started in epoch {_launch.Epoch}");
            socket.Dispose();
            return;
        }

        _keeper.Adopt(new LineChannel(socket, ControlJson.LineBytesMax), _board.Report());
    }

    private int Fail(MachineCgroup? cgroup, LaunchFailedException failure)
    {
        End(cgroup, new BoxMessage.StartFailed { ExitCode = failure.ExitCode, Error = failure.Message, IsLost = failure.IsLost }, []);
        return 1;
    }

    /// <summary>Takes away what was made, then says the last word.</summary>
    private void End(MachineCgroup? cgroup, BoxMessage last, IReadOnlyList<Descriptor> descriptors)
    {
        _interposer.Dispose();
        foreach (string failure in cgroup?.Remove(_time) ?? [])
        {
            _log.Warn(failure);
        }

        _keeper.Send(last, [.. descriptors.Select(descriptor => descriptor.Number)]);
    }

    private void Received(BoxMessage message, IReadOnlyList<Descriptor> descriptors)
    {
        switch (message)
        {
            case BoxMessage.Granted granted:
                _interposer.Granted(granted.Id);
                break;
            case BoxMessage.NewPlaceholder placeholder when descriptors is [var parcel] && Parcel.Open(parcel) is [var socket]:
                Add(placeholder, socket);
                break;
            case BoxMessage.KeptSockets kept when _kept is not null && kept.Connections.Count == descriptors.Count:
                _kept.Add(kept.Connections.Zip(descriptors));
                break;
            case BoxMessage.StopProgram stop:
                Stop(stop.Signal, stop.GraceMs);
                break;
            case BoxMessage.SignalProgram signal:
                Signal(signal.Signal);
                break;
            case BoxMessage.Freeze when _freeze is null:
                _keeper.Send(new BoxMessage.Busy { Reason = "it starts" });
                break;
            case BoxMessage.Freeze freeze:
                _freeze.Freeze(freeze);
                break;
            case BoxMessage.Thaw thaw:
                _freeze?.Thaw(thaw.IsUndo ? ThawCause.Undone : ThawCause.Asked, thaw.Why);
                break;
            case BoxMessage.Checkpoint early when _checkpoints is null:
                _keeper.Send(new BoxMessage.CheckpointFailed { Folder = early.Folder, Reason = "it starts" });
                break;
            case BoxMessage.Checkpoint checkpoint:
                _checkpoints.Begin(checkpoint);
                break;
            case BoxMessage.Release release when _held is not null:
                _held.Release(release.Runs);
                break;
            case BoxMessage.IdlePolicy policy:
                _idle?.Change(policy.Idle);
                break;
            default:
                _log.Warn($"the keeper said {message.GetType().Name}, which has no meaning here");
                break;
        }
    }

    private void Add(BoxMessage.NewPlaceholder placeholder, Descriptor socket)
    {
        try
        {
            _interposer.Add(Placeholder.From(placeholder.Port, placeholder.Protocol, socket));
        }
        catch (LinuxException exception)
        {
            _log.Warn($"the placeholder of port {placeholder.Port} is of no use: {exception.Message}");
            socket.Dispose();
        }
    }

    private sealed class Exemption(IDisposable hold, IDisposable? exempt) : IDisposable
    {
        public void Dispose()
        {
            exempt?.Dispose();
            hold.Dispose();
        }
    }
}
