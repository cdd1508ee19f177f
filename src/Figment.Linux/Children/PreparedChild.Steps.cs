using Figment.Linux.Cgroups;
using Figment.Linux.Credentials;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Mounts;
using Figment.Linux.Namespaces;
using Figment.Linux.Native;
using Figment.Linux.Processes;
using Figment.Linux.Seccomp;

namespace Figment.Linux.Children;

public sealed unsafe partial class PreparedChild
{
    private const int SignalsMax = 64;
    private const int SIGKILL = 9;
    private const int SIGSTOP = 19;
    private const uint LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    /// <summary>The label of <see cref="AddNotifyFilter"/>'s report; its result is the listener's number in the child.</summary>
    public const string NotifyFilterLabel = "install the filter for trapped calls";

    private const string ExecuteLabel = "execute ";

    private bool _leftGoPipe;

    /// <summary>Starts a session without a terminal (setsid(2)).</summary>
    public void AddSession() => Add("start a session", Libc.SYS_setsid);

    /// <summary>Starts a process group of its own (setpgid(2)), in the session of its parent.</summary>
    public void AddProcessGroup() => Add("start a process group", Libc.SYS_setpgid, 0, 0);

    /// <summary>Waits for <see cref="Go"/>; ends quietly if the parent is gone.</summary>
    public void AddWaitForGo()
    {
        // The child's own copy of the parent's end would keep the pipe open for ever. Once: afterwards the number is another descriptor's.
        if (!_leftGoPipe)
        {
            Add("leave the parent's end of the pipe", Libc.SYS_close, _goWrite.Number);
            _leftGoPipe = true;
        }

        Add("wait for the parent", Libc.SYS_read, _goRead.Number, (nint)_arena.Allocate(1), 1);
        Change((ref ChildStep step) => step.ZeroEnds = 1);
    }

    /// <summary>
    /// Joins control groups, and with it what it forks. It is born in the one of version 2 and moves itself, as a single thread, into those of version 1: to move a process of another
    /// the kernel waits until no processor is amid a fork, which takes 10 ms and more.
    /// </summary>
    public void AddJoin(MachineCgroup group)
    {
        const string Self = "0";
        _group = group.Unified is { } unified ? FileCalls.Open(unified, FileCalls.O_PATH | FileCalls.O_DIRECTORY) : null;
        foreach (string folder in group.Version1)
        {
            var tasks = FileCalls.Open(Path.Combine(folder, "tasks"), FileCalls.O_WRONLY);
            _tasks.Add(tasks);
            Add($"join the control group {folder}", Libc.SYS_write, tasks.Number, _arena.Text(Self), Self.Length);
        }
    }

    public void AddEnter(Pidfd process, NamespaceKind kinds) =>
        Add($"enter the namespaces of process {process.Pid}", Libc.SYS_setns, process.Descriptor.Number, (nint)(uint)kinds);

    public void AddUnshare(NamespaceKind kinds) => Add($"make new namespaces {kinds}", Libc.SYS_unshare, (nint)(uint)kinds);

    /// <summary>mount(2).</summary>
    /// <param name="source">Device, file system name or folder.</param>
    /// <param name="target">Where.</param>
    /// <param name="type">File system, null for binds.</param>
    /// <param name="flags">MS_*.</param>
    /// <param name="data">Options.</param>
    /// <param name="mayBeMissing">Nothing is done if the target does not exist or is of another kind (file, folder).</param>
    public void AddMount(string? source, string target, string? type, MountFlags flags, string? data = null, bool mayBeMissing = false)
    {
        Add($"mount {type ?? source ?? "again"} on {target}", Libc.SYS_mount, _arena.Text(source), _arena.Text(target), _arena.Text(type), (nint)(ulong)flags, _arena.Text(data));
        if (mayBeMissing)
        {
            Change((ref ChildStep step) => (step.Tolerated, step.AlsoTolerated) = ((int)Errno.ENOENT, (int)Errno.ENOTDIR));
        }
    }

    /// <summary>The descriptor becomes the child's number <paramref name="target"/>.</summary>
    public void AddDuplicate(Descriptor source, int target) => Add($"take descriptor {target}", Libc.SYS_dup2, source.Number, target);

    /// <summary>Makes the terminal at standard input the session's own (TIOCSCTTY).</summary>
    public void AddTerminal() => Add("take the terminal", Libc.SYS_ioctl, 0, Libc.TIOCSCTTY, 0);

    /// <summary>Everything from this number on, by default all above standard error, closes at exec.</summary>
    public void AddCloseOthers(int first = 3) => Add("close other descriptors", Libc.SYS_close_range, first, unchecked((nint)uint.MaxValue), Libc.CLOSE_RANGE_CLOEXEC);

    /// <summary>prlimit(2). A limit that may not be raised is reported and left.</summary>
    public void AddLimit(string name, int resource, ulong soft, ulong hard)
    {
        var limit = new Libc.Rlimit64 { rlim_cur = soft, rlim_max = hard };
        Add($"limit {name} to {soft}:{hard}", Libc.SYS_prlimit64, 0, resource, (nint)_arena.Copy<Libc.Rlimit64>([limit]), 0);
        Change((ref ChildStep step) => step.GoOnAfterFailure = 1);
    }

    public void AddDirectory(string path) => Add($"enter the folder {path}", Libc.SYS_chdir, _arena.Text(path));

    public void AddFileMask(int mask) => Add("set the file mask", Libc.SYS_umask, mask);

    /// <summary>User, groups and capabilities, none of them more than this process has. Root keeps <paramref name="kept"/>; another user keeps none, as after any exec without ambient ones.</summary>
    public void AddIdentity(uint user, uint group, IReadOnlyList<uint> groups, CapabilitySet kept)
    {
        for (int capability = 0; capability <= CapabilitySet.Last; capability++)
        {
            if (!kept.Contains(capability))
            {
                Add($"drop capability {CapabilitySet.Name(capability)} from the bounding set", Libc.SYS_prctl, Libc.PR_CAPBSET_DROP, capability);

                // A kernel that does not know the capability cannot grant it either.
                Change((ref ChildStep step) => step.Tolerated = (int)Errno.EINVAL);
            }
        }

        Add("clear ambient capabilities", Libc.SYS_prctl, Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        Add("set supplementary groups", Libc.SYS_setgroups, groups.Count, (nint)_arena.Copy<uint>(groups.ToArray()));
        Add($"become group {group}", Libc.SYS_setgid, (nint)group);
        Add($"become user {user}", Libc.SYS_setuid, (nint)user);
        var header = _arena.Copy<uint>([LINUX_CAPABILITY_VERSION_3, 0]);
        ulong mask = user == 0 ? kept.Mask : 0;
        (uint low, uint high) = ((uint)mask, (uint)(mask >> 32));
        Add("set capabilities", Libc.SYS_capset, (nint)header, (nint)_arena.Copy<uint>([low, low, 0, high, high, 0]));
    }

    /// <summary>SIGKILL when the thread that forks it ends. After <see cref="AddIdentity"/>, which would clear it.</summary>
    public void AddEndWithParentThread() => Add("end with the parent", Libc.SYS_prctl, Libc.PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

    public void AddNoNewPrivileges() => Add("give up new privileges", Libc.SYS_prctl, Libc.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

    /// <summary>Every signal as a fresh program expects it: .NET ignores SIGPIPE, and what is ignored stays so over exec.</summary>
    public void AddDefaultSignals()
    {
        var action = (nint)_arena.Copy<Libc.KernelSigaction>([default]);
        for (int signal = 1; signal <= SignalsMax; signal++)
        {
            if (signal is not (SIGKILL or SIGSTOP))
            {
                Add($"reset signal {signal}", Libc.SYS_rt_sigaction, signal, action, 0, sizeof(ulong));
            }
        }

        Add("unblock signals", Libc.SYS_rt_sigprocmask, Libc.SIG_SETMASK, (nint)_arena.Copy<ulong>([0]), 0, sizeof(ulong));
    }

    public void AddFilter(BpfProgram program, string label) =>
        Add(label, Libc.SYS_seccomp, Libc.SECCOMP_SET_MODE_FILTER, 0, Program(program));

    /// <summary>The filter whose trapped calls its listener answers; reports the listener's number.</summary>
    public void AddNotifyFilter(BpfProgram program)
    {
        Add(NotifyFilterLabel, Libc.SYS_seccomp, Libc.SECCOMP_SET_MODE_FILTER, Libc.SECCOMP_FILTER_FLAG_NEW_LISTENER | Libc.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Program(program));
        Change((ref ChildStep step) => step.TellResult = 1);
    }

    /// <summary>execve(2) along a list of paths: each that fails is reported (see <see cref="ExecutePath"/>).</summary>
    public void AddExecute(IReadOnlyList<string> paths, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        nint argv = _arena.Texts(arguments);
        nint envp = _arena.Texts(environment);
        foreach (string path in paths)
        {
            Add(ExecuteLabel + path, Libc.SYS_execve, _arena.Text(path), argv, envp);
            Change((ref ChildStep step) => step.GoOnAfterFailure = 1);
        }
    }

    /// <summary>The path that a report's failed exec was for; null if it is about another step.</summary>
    public static string? ExecutePath(ChildReport report) =>
        report.Label.StartsWith(ExecuteLabel, StringComparison.Ordinal) ? report.Label[ExecuteLabel.Length..] : null;

    private nint Program(BpfProgram program)
    {
        var rules = _arena.Copy(program.Instructions);
        var header = new Libc.SockFprog { len = (ushort)program.Instructions.Length, filter = rules };
        return (nint)_arena.Copy<Libc.SockFprog>([header]);
    }

    private void Add(string label, nint number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0)
    {
        _labels.Add(label);
        _steps.Add(new ChildStep { Number = number, A = a, B = b, C = c, D = d, E = e });
    }

    private void Change(StepChange change)
    {
        var step = _steps[^1];
        change(ref step);
        _steps[^1] = step;
    }

    private delegate void StepChange(ref ChildStep step);
}
