using System.Globalization;
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

/// <summary>Starts further programs in a running machine, under the same filters, capabilities and limits as its own.</summary>
internal sealed class MachineExec(BoxMessage.Launch launch, Pidfd program, MachineCgroup cgroup, Action<TrapListener> watch, Func<string, IDisposable> keepAwake, Action<string> warn)
{
    private const int SIGKILL = 9;

    /// <summary>Starts one. It is killed when the calling thread ends.</summary>
    /// <exception cref="LaunchFailedException">Says why not.</exception>
    public (Pidfd Process, ProgramStreams Streams) Start(ExecPlan asked)
    {
        if (asked.Arguments.Count == 0)
        {
            throw new LaunchFailedException(LaunchFailedException.Machine, "there is nothing to execute");
        }

        // A child that is born into a frozen group would never come to its exec.
        using var awake = keepAwake($"exec of {asked.Arguments[0]}");
        ProgramStreams? streams = null;
        Pidfd? process = null;
        try
        {
            using var root = FileCalls.Open($"/proc/{program.Pid}/root", FileCalls.O_PATH | FileCalls.O_DIRECTORY);
            var plan = Resolve(root, asked);
            streams = asked.Terminal ? OnTerminal(root, plan.User) : ProgramStreams.Pipes(asked.Input);
            using var child = new PreparedChild();
            child.AddJoin(cgroup);
            child.AddEnter(program, NamespaceKind.Mount | NamespaceKind.Uts | NamespaceKind.Ipc | NamespaceKind.Network | NamespaceKind.Cgroup);
            child.AddSession();
            plan.AddTo(child, streams);
            process = child.Start(NamespaceKind.None, program);
            ChildStart.Complete(child, process, plan, watch, warn);
            streams.CloseProgramEnds();
            return (process, streams);
        }
        catch (Exception exception)
        {
            process?.Signal(SIGKILL);
            process?.Wait();
            process?.Dispose();
            streams?.Dispose();
            if (exception is LinuxException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                throw new LaunchFailedException(LaunchFailedException.Machine, $"execute {asked.Arguments[0]} in {launch.Machine.Name}: {exception.Message}", exception);
            }

            throw;
        }
    }

    private ProgramPlan Resolve(Descriptor root, ExecPlan asked)
    {
        var machine = launch.Machine.Program;
        var user = MachineUser.Resolve(asked.User ?? machine.User, asked.User is null ? machine.AdditionalGroups : [], Lines(root, "etc/passwd"), Lines(root, "etc/group"));
        return new ProgramPlan
        {
            Arguments = asked.Arguments,
            Environment = ProgramPlan.Complete(ProgramPlan.Merge(machine.Environment, asked.Environment), user, asked.Terminal),
            WorkingDirectory = asked.WorkingDirectory ?? machine.WorkingDirectory,
            User = user,
            Capabilities = CapabilitySet.Parse(launch.Machine.Capabilities).Within(CapabilitySet.OwnPermitted()),
            Limits = launch.Machine.Ulimits,
            Terminal = asked.Terminal,
        };
    }

    private static ProgramStreams OnTerminal(Descriptor root, MachineUser user)
    {
        using var folder = MountCalls.OpenInRoot(root, "dev/pts") ?? throw new LaunchFailedException(LaunchFailedException.Machine, "the machine has no /dev/pts");
        var terminal = new Terminal(OwnPath(folder));
        MountCalls.ChangeOwner(terminal.Slave, user.Uid, user.Gid);
        return ProgramStreams.On(terminal);
    }

    /// <summary>A file of the machine, its symbolic links followed within its root.</summary>
    private static string[] Lines(Descriptor root, string path)
    {
        using var file = MountCalls.OpenInRoot(root, path);
        return file is null ? [] : File.ReadAllLines(OwnPath(file));
    }

    private static string OwnPath(Descriptor descriptor) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor.Number}");
}
