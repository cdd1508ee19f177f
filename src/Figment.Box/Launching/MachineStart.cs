using Figment.Box.Diagnostics;
using Figment.Linux.Files;
using Figment.Linux.Mounts;
using Figment.Linux.Namespaces;
using Figment.Linux.Processes;
using Figment.Linux.Seccomp;
using Figment.Linux.Terminals;
using Figment.Model.Control;

namespace Figment.Box.Launching;

/// <summary>Makes a machine's namespaces and root and forks its program into them.</summary>
internal sealed class MachineStart(BoxMessage.Launch launch, Descriptor network, StartTimeline timeline, Action<string> warn) : MachineBirth(launch, timeline, warn)
{
    private readonly TaskCompletionSource<(Pidfd, ProgramStreams, ProgramPlan)> _forked = new();

    protected override bool OnLaunchThread()
    {
        try
        {
            _forked.SetResult(Fork());
            return true;
        }
        catch (Exception exception)
        {
            _forked.SetException(exception);
            return false;
        }
    }

    protected override (Pidfd Process, ProgramStreams Streams) Complete(Action<TrapListener> watch)
    {
        var (process, streams, plan) = _forked.Task.GetAwaiter().GetResult();
        try
        {
            Timeline.Done("fork");
            ChildStart.Complete(Child, process, plan, listener => Watch(listener, process, watch), Warn, Timeline);
            Timeline.Done("exec");
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

    /// <summary>The child waits, all its mounts are made.</summary>
    private void Watch(TrapListener listener, Pidfd process, Action<TrapListener> watch)
    {
        if (Capabilities.Contains("SYS_ADMIN"))
        {
            Mounts = MountTable.Of(process.Pid).Select(mount => mount.Path).ToHashSet();
        }

        watch(listener);
    }

    /// <summary>On the launch thread.</summary>
    private (Pidfd Process, ProgramStreams Streams, ProgramPlan Plan) Fork()
    {
        var machine = Launch.Machine;
        if (machine.Program.Arguments.Count == 0)
        {
            throw new LaunchFailedException(LaunchFailedException.NotFound, "the machine has no command; give the service a command or entrypoint");
        }

        NamespaceThread.Enter(network, NamespaceKind.Network);
        MountCalls.Separate(NamespaceKind.Mount | NamespaceKind.Uts | NamespaceKind.Ipc);
        MountCalls.SetHostName(machine.Hostname, machine.DomainName);
        KernelSettings.Apply(machine.Sysctls);
        Timeline.Done("namespaces");
        MakeRoot(fill: true);
        var user = MachineUser.Resolve(machine.Program.User, machine.Program.AdditionalGroups);
        var plan = new ProgramPlan
        {
            Arguments = machine.Program.Init ? [MachineRoot.InitPath, "--", .. machine.Program.Arguments] : machine.Program.Arguments,
            Environment = ProgramPlan.Complete(machine.Program.Environment, user, machine.Program.Tty),
            WorkingDirectory = machine.Program.WorkingDirectory,
            User = user,
            Capabilities = Capabilities,
            Limits = machine.Ulimits,
            Terminal = machine.Program.Tty,
        };
        var streams = machine.Program.Tty ? OnTerminal(user) : ProgramStreams.Pipes(machine.Program.StdinOpen);
        Child.AddSession();

        // After it joined its groups, so that the namespace begins there.
        Child.AddUnshare(NamespaceKind.Cgroup);
        ProcFiles.AddTo(Child);
        plan.AddTo(Child, streams);
        return (Child.Start(NamespaceKind.Pid, sharesMemory: true), streams, plan);
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
}
