using Figment.Box.Diagnostics;
using Figment.Linux.Cgroups;
using Figment.Linux.Children;
using Figment.Linux.Credentials;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Mounts;
using Figment.Linux.Namespaces;
using Figment.Linux.Processes;
using Figment.Linux.Seccomp;
using Figment.Linux.Terminals;
using Figment.Model.Control;

namespace Figment.Box.Launching;

/// <summary>Makes a machine's namespaces and root and forks its program into them.</summary>
internal sealed class MachineStart(BoxMessage.Launch launch, Descriptor network, StartTimeline timeline, Action<string> warn) : IDisposable
{
    /// <summary>Paths of <c>/proc</c> that tell of the node or change it, after Docker's list, by what the kernel makes of them: it waits after a mount of the wrong kind.</summary>
    private static readonly string[] MaskedFiles =
    [
        "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/timer_list", "/proc/timer_stats",
    ];

    private static readonly string[] MaskedFolders = ["/proc/acpi", "/proc/asound", "/proc/scsi"];

    private readonly TaskCompletionSource _prepared = new();
    private readonly TaskCompletionSource<(Pidfd, ProgramStreams, ProgramPlan)> _forked = new();
    private readonly PreparedChild _child = new();
    private readonly MachineRoot _root = new(launch, warn);
    private readonly CapabilitySet _capabilities = CapabilitySet.Parse(launch.Machine.Capabilities).Within(CapabilitySet.OwnPermitted());

    private static readonly string[] ReadOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <summary>Null until it was made.</summary>
    public MachineCgroup? Cgroup { get; private set; }

    /// <summary>The launch thread begins to make namespaces and root. It lives as long as the box, for the program ends with it.</summary>
    public void Begin()
    {
        var thread = new Thread(() =>
        {
            try
            {
                _forked.SetResult(Fork());
            }
            catch (Exception exception)
            {
                _forked.SetException(exception);
                return;
            }

            new ManualResetEventSlim().Wait(Timeout.Infinite, CancellationToken.None);
        })
        {
            IsBackground = true,
            Name = "launch",
        };
        thread.Start();
    }

    /// <summary>Makes the overlay and the control groups meanwhile, and sees the program through to its exec: it runs when this returns.</summary>
    /// <param name="watch">Takes the listener of its trapped calls.</param>
    /// <exception cref="LaunchFailedException">Says why not.</exception>
    public (Pidfd Process, ProgramStreams Streams) Finish(Action<TrapListener> watch)
    {
        try
        {
            MakeRootAndGroups();
            var (process, streams, plan) = _forked.Task.GetAwaiter().GetResult();
            try
            {
                timeline.Done("fork");
                ChildStart.Complete(_child, process, plan, watch, warn, timeline);
                timeline.Done("exec");
            }
            catch (Exception)
            {
                process.Signal(9);
                process.Wait();
                process.Dispose();
                streams.Dispose();
                throw;
            }

            streams.CloseProgramEnds();
            return (process, streams);
        }
        catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new LaunchFailedException(LaunchFailedException.Machine, $"start {launch.Machine.Name}: {exception.Message}", exception);
        }
    }

    /// <summary>What can wait until the program runs.</summary>
    public void Tidy() => _root.Tidy();

    public void Dispose()
    {
        _root.Dispose();
        _child.Dispose();
    }

    /// <summary>What needs none of the machine's namespaces.</summary>
    private void MakeRootAndGroups()
    {
        try
        {
            _root.MakeOverlay();
            timeline.Done("overlay");
            Cgroup = MachineCgroup.Create(CgroupLayout.Detect(), launch.Cgroup);
            ResourceLimits.Apply(Cgroup, launch.Machine.Resources, warn);
            _root.PrepareGroups(Cgroup);
            _child.AddJoin(Cgroup);
            timeline.Done("control group");
            _prepared.SetResult();
        }
        catch (Exception exception)
        {
            _prepared.SetException(exception);
        }
    }

    /// <summary>On the launch thread.</summary>
    private (Pidfd Process, ProgramStreams Streams, ProgramPlan Plan) Fork()
    {
        var machine = launch.Machine;
        if (machine.Program.Arguments.Count == 0)
        {
            throw new LaunchFailedException(LaunchFailedException.NotFound, "the machine has no command; give the service a command or entrypoint");
        }

        NamespaceThread.Enter(network, NamespaceKind.Network);
        MountCalls.Separate(NamespaceKind.Mount | NamespaceKind.Uts | NamespaceKind.Ipc);
        MountCalls.SetHostName(machine.Hostname, machine.DomainName);
        KernelSettings.Apply(machine.Sysctls);
        timeline.Done("namespaces");
        _root.Prepare();
        timeline.Done("sources");
        _prepared.Task.GetAwaiter().GetResult();
        _root.PrepareMounts();
        _root.Enter();
        timeline.Done("root");
        var user = MachineUser.Resolve(machine.Program.User, machine.Program.AdditionalGroups);
        var plan = new ProgramPlan
        {
            Arguments = machine.Program.Init ? [MachineRoot.InitPath, "--", .. machine.Program.Arguments] : machine.Program.Arguments,
            Environment = ProgramPlan.Complete(machine.Program.Environment, user, machine.Program.Tty),
            WorkingDirectory = machine.Program.WorkingDirectory,
            User = user,
            Capabilities = _capabilities,
            Limits = machine.Ulimits,
            Terminal = machine.Program.Tty,
        };
        var streams = machine.Program.Tty ? OnTerminal(user) : ProgramStreams.Pipes(machine.Program.StdinOpen);
        _child.AddSession();

        // After it joined its groups, so that the namespace begins there.
        _child.AddUnshare(NamespaceKind.Cgroup);
        AddProc(_child);
        plan.AddTo(_child, streams);
        return (_child.Start(NamespaceKind.Pid, sharesMemory: true), streams, plan);
    }

    private static ProgramStreams OnTerminal(MachineUser user)
    {
        var terminal = new Terminal("/dev/pts");
        MountCalls.ChangeOwner(terminal.Slave, user.Uid, user.Gid);
        File.WriteAllBytes("/dev/console", []);
        using var console = MountCalls.Clone($"/dev/pts/{terminal.Number}", recursive: false);
        MountCalls.Attach(console, "/dev/console");
        return ProgramStreams.On(terminal);
    }

    /// <summary><c>/proc</c> shows the pid namespace of who mounts it, so the child does.</summary>
    private static void AddProc(PreparedChild child)
    {
        const MountFlags Plain = MountFlags.NoSetUser | MountFlags.NoDevices | MountFlags.NoExecute;
        child.AddMount("proc", "/proc", "proc", Plain);
        foreach (string path in MaskedFiles)
        {
            child.AddMount("/dev/null", path, null, MountFlags.Bind, mayBeMissing: true);
        }

        foreach (string path in MaskedFolders)
        {
            child.AddMount("tmpfs", path, "tmpfs", Plain | MountFlags.ReadOnly, "size=4k", mayBeMissing: true);
        }

        foreach (string path in ReadOnly)
        {
            child.AddMount(path, path, null, MountFlags.Bind | MountFlags.Recursive, mayBeMissing: true);
            child.AddMount(null, path, null, Plain | MountFlags.Bind | MountFlags.Remount | MountFlags.ReadOnly, mayBeMissing: true);
        }
    }
}
