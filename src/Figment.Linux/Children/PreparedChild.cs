using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Native;
using Figment.Linux.Processes;

namespace Figment.Linux.Children;

/// <summary>
/// A process to be forked, as a list of system calls in unmanaged memory. After the fork nothing runs but a loop over that list, which stands in C (native/child):
/// no allocation, no lock, no collector, so it is safe in a process with other threads. The parts of this class that add steps stand in <c>PreparedChild.Steps.cs</c>.
/// </summary>
public sealed unsafe partial class PreparedChild : IDisposable
{
    private const int ReportBytes = 16;
    private const int StackBytes = 16 * 1024;

    private readonly NativeArena _arena = new();
    private readonly List<ChildStep> _steps = [];
    private readonly List<string> _labels = [];
    private readonly Descriptor _statusRead;
    private readonly Descriptor _statusWrite;
    private readonly Descriptor _goRead;
    private readonly Descriptor _goWrite;

    /// <summary>Of the control groups that it joins: of version 2 the folder, of version 1 the files that it writes to.</summary>
    private Descriptor? _group;
    private readonly List<Descriptor> _tasks = [];

    public PreparedChild()
    {
        (_statusRead, _statusWrite) = FileCalls.Pipe();
        (_goRead, _goWrite) = FileCalls.Pipe();
    }

    /// <summary>
    /// Forks. Call it once, on a thread made for it when <paramref name="pidNamespaceOf"/> is given.
    /// </summary>
    /// <param name="kinds">Namespaces that the child gets new.</param>
    /// <param name="pidNamespaceOf">The child is born in this process's pid namespace.</param>
    /// <param name="sharesMemory">
    /// Copies no memory, which takes milliseconds. Only where no other process in the child's namespaces could trace it, for that one would read this process;
    /// this object must be kept until the child was executed or has ended.
    /// </param>
    public Pidfd Start(NamespaceKind kinds, Pidfd? pidNamespaceOf = null, bool sharesMemory = false)
    {
        ChildStep* steps = _arena.Copy<ChildStep>(_steps.ToArray());
        using var own = pidNamespaceOf is null ? null : FileCalls.Open("/proc/thread-self/ns/pid_for_children", FileCalls.O_RDONLY);
        if (pidNamespaceOf is not null)
        {
            LinuxException.ThrowIfNegative(Libc.setns(pidNamespaceOf.Descriptor.Number, (int)NamespaceKind.Pid), "setns(2)", $"pid namespace of process {pidNamespaceOf.Pid}");
        }

        int pidfd = -1;
        byte* stack = (byte*)_arena.Allocate(StackBytes);
        ulong flags = (uint)kinds | (sharesMemory ? (ulong)Libc.CLONE_VM : 0);
        int pid = Libc.figment_fork_child(flags, _group?.Number ?? -1, steps, _steps.Count, _statusWrite.Number, stack, StackBytes, &pidfd);
        if (own is not null)
        {
            LinuxException.ThrowIfNegative(Libc.setns(own.Number, (int)NamespaceKind.Pid), "setns(2)", "own pid namespace");
        }

        _statusWrite.Dispose();
        _goRead.Dispose();
        LeaveGroups();
        if (pid < 0)
        {
            throw new LinuxException((Errno)(-pid), "clone3(2)", _group is null ? $"with new namespaces {kinds}" : $"with new namespaces {kinds} into a control group");
        }

        return Pidfd.Adopt(pid, new Descriptor(pidfd));
    }

    /// <summary>Lets the child go past the next <see cref="AddWaitForGo"/>.</summary>
    public void Go() => FileCalls.Write(_goWrite, [1]);

    /// <summary>The child's next report; null when it was executed, or ended without one.</summary>
    public ChildReport? ReadReport()
    {
        Span<byte> record = stackalloc byte[ReportBytes];
        int filled = 0;
        while (filled < ReportBytes)
        {
            int count = FileCalls.Read(_statusRead, record[filled..]);
            if (count == 0)
            {
                return null;
            }

            filled += count;
        }

        int index = BitConverter.ToInt32(record);
        var error = (Errno)BitConverter.ToInt32(record[4..]);
        return new ChildReport(_labels[index], error, BitConverter.ToInt64(record[8..]), error != Errno.None && _steps[index].GoOnAfterFailure == 0);
    }

    public void Dispose()
    {
        _statusRead.Dispose();
        _statusWrite.Dispose();
        _goRead.Dispose();
        _goWrite.Dispose();
        LeaveGroups();
        _arena.Dispose();
    }

    /// <summary>The child has its own.</summary>
    private void LeaveGroups()
    {
        _group?.Dispose();
        foreach (var tasks in _tasks)
        {
            tasks.Dispose();
        }
    }
}
