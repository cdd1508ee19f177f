using Figment.Box.Control;
using Figment.Box.Diagnostics;
using Figment.Box.Interposition;
using Figment.Box.Launching;
using Figment.Box.Output;
using Figment.Linux.Cgroups;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Memory;
using Figment.Linux.Processes;
using Figment.Linux.Sockets;
using Figment.Model.Control;

namespace Figment.Box.Supervision;

/// <summary>One machine from launch to exit. <see cref="Run"/> is the main thread's.</summary>
internal sealed class MachineSupervisor : IDisposable
{
    /// <summary>After the program ended its streams end at once, unless somebody outside the machine was given one.</summary>
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(1);

    /// <summary>SIGKILL, which is what the kernel sends for want of memory; an init passes it on as a code.</summary>
    private const int KilledCode = 137;

    private readonly BoxMessage.Launch _launch;
    private readonly Descriptor _network;
    private readonly GenerationPage _generation;
    private readonly BoxLog _log;
    private readonly TimeProvider _time;
    private readonly MachineBoard _board;
    private readonly KeeperLink _keeper;
    private readonly Interposer _interposer;
    private readonly ProgramStopper _stopper;

    public MachineSupervisor(BoxMessage.Launch launch, Descriptor network, Descriptor generation, IReadOnlyList<Descriptor> placeholders, BoxLog log, TimeProvider time)
    {
        (_launch, _network, _log, _time) = (launch, network, log, time);
        _generation = new GenerationPage(generation);
        generation.Dispose();
        _board = new MachineBoard(launch, time);
        _keeper = new KeeperLink(log) { Received = Received, Changed = present => _interposer!.KeeperChanged(present) };
        _interposer = new Interposer(launch, network, _generation, _keeper.Send, _board.Listening, log, time);
        _stopper = new ProgramStopper(launch.Machine.Program, () => { }, time);
        foreach (var (known, socket) in launch.Placeholders.Zip(placeholders))
        {
            _interposer.Add(Placeholder.From(known.Port, known.Protocol, socket));
        }
    }

    /// <returns>The box's exit code.</returns>
    public int Run(LineChannel keeper)
    {
        _keeper.Adopt(keeper, first: null);
        MachineCgroup cgroup;
        (Pidfd Process, ProgramStreams Streams) program;
        try
        {
            cgroup = MachineCgroup.Create(CgroupLayout.Detect(), _launch.Cgroup);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Fail(null, new LaunchFailedException(LaunchFailedException.Machine, $"make the control group {_launch.Cgroup}: {exception.Message}", exception));
        }

        try
        {
            program = new MachineStart(_launch, _network, cgroup, _log.Warn).Run(_interposer.Watch);
        }
        catch (LaunchFailedException exception)
        {
            return Fail(cgroup, exception);
        }

        using var process = program.Process;
        using var streams = program.Streams;
        using var output = new OutputPump(streams, _launch.StateDirectory, _launch.Machine.Logging, _time);
        _board.Started(process.Pid, cgroup.Folders);
        _keeper.Send(new BoxMessage.Started { Pid = process.Pid, Cgroups = cgroup.Folders });
        _stopper.Started(process);
        var exit = process.Wait();
        _stopper.Ended();
        var lastLines = output.Finish(OutputPatience);
        End(cgroup, new BoxMessage.Exited { ExitCode = exit.Code, Signal = exit.Signal, OutOfMemory = exit.Code == KilledCode && cgroup.OutOfMemoryKills() > 0, LastLines = lastLines });
        return 0;
    }

    public void Dispose()
    {
        _interposer.Dispose();
        _stopper.Dispose();
        _generation.Dispose();
        _network.Dispose();
    }

    private int Fail(MachineCgroup? cgroup, LaunchFailedException failure)
    {
        End(cgroup, new BoxMessage.StartFailed { ExitCode = failure.ExitCode, Error = failure.Message });
        return 1;
    }

    /// <summary>Takes away what was made, then says the last word.</summary>
    private void End(MachineCgroup? cgroup, BoxMessage last)
    {
        _interposer.Dispose();
        foreach (string failure in cgroup?.Remove(_time) ?? [])
        {
            _log.Warn(failure);
        }

        _keeper.Send(last);
    }

    private void Received(BoxMessage message, IReadOnlyList<Descriptor> descriptors)
    {
        switch (message)
        {
            case BoxMessage.Granted granted:
                _interposer.Granted(granted.Id);
                break;
            case BoxMessage.NewPlaceholder placeholder when descriptors is [var socket]:
                Add(placeholder, socket);
                break;
            case BoxMessage.StopProgram stop:
                _stopper.Stop(stop.Signal, stop.GraceMs);
                break;
            case BoxMessage.SignalProgram signal:
                _stopper.Signal(signal.Signal);
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
}
