using System.Runtime.CompilerServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Native;
using Figment.Linux.Processes;

namespace Figment.Linux.Children;

/// <summary>
/// A process to be forked, as a list of system calls in unmanaged memory. After the fork nothing runs but a loop over that list: no allocation, no lock,
/// no collector, so it is safe in a process with other threads. The parts of this class that add steps stand in <c>PreparedChild.Steps.cs</c>.
/// </summary>
public sealed unsafe partial class PreparedChild : IDisposable
{
    private const int ReportBytes = 16;

    /// <summary>Ends a child whose list ran out without an exec; the parent sees no report for it.</summary>
    private const int ExitWithoutExec = 125;

    private readonly NativeArena _arena = new();
    private readonly List<ChildStep> _steps = [];
    private readonly List<string> _labels = [];
    private readonly Descriptor _statusRead;
    private readonly Descriptor _statusWrite;
    private readonly Descriptor _goRead;
    private readonly Descriptor _goWrite;

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
    public Pidfd Start(NamespaceKind kinds, Pidfd? pidNamespaceOf = null)
    {
        ChildStep* steps = _arena.Copy<ChildStep>(_steps.ToArray());
        WarmUp(steps);
        using var own = pidNamespaceOf is null ? null : FileCalls.Open("/proc/thread-self/ns/pid_for_children", FileCalls.O_RDONLY);
        if (pidNamespaceOf is not null)
        {
            LinuxException.ThrowIfNegative(Libc.setns(pidNamespaceOf.Descriptor.Number, (int)NamespaceKind.Pid), "setns(2)", $"pid namespace of process {pidNamespaceOf.Pid}");
        }

        int pidfd = -1;
        int error = 0;
        nint pid = Fork((nint)(uint)kinds, steps, _steps.Count, _statusWrite.Number, &pidfd, &error);
        if (own is not null)
        {
            LinuxException.ThrowIfNegative(Libc.setns(own.Number, (int)NamespaceKind.Pid), "setns(2)", "own pid namespace");
        }

        _statusWrite.Dispose();
        _goRead.Dispose();
        if (pid < 0)
        {
            throw new LinuxException((Errno)error, "clone(2)", $"with new namespaces {kinds}");
        }

        return Pidfd.Adopt((int)pid, new Descriptor(pidfd));
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
        _arena.Dispose();
    }

    /// <summary>Everything the child will run is compiled and bound before the fork.</summary>
    private static void WarmUp(ChildStep* steps)
    {
        _ = Libc.syscall_forked(Libc.SYS_getpid, 0, 0, 0, 0, 0, 0);
        _ = *Libc.__errno_location();
        Perform(steps, 0, -1);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static nint Fork(nint kinds, ChildStep* steps, int count, int status, int* pidfd, int* error)
    {
        ulong all = ulong.MaxValue;
        ulong before = 0;
        _ = Libc.syscall_forked(Libc.SYS_rt_sigprocmask, Libc.SIG_SETMASK, (nint)(&all), (nint)(&before), sizeof(ulong), 0, 0);
        nint pid = Libc.syscall_forked(Libc.SYS_clone, kinds | Libc.CLONE_PIDFD | Libc.SIGCHLD, 0, (nint)pidfd, 0, 0, 0);
        if (pid == 0)
        {
            Perform(steps, count, status);
        }

        *error = pid < 0 ? *Libc.__errno_location() : 0;
        _ = Libc.syscall_forked(Libc.SYS_rt_sigprocmask, Libc.SIG_SETMASK, (nint)(&before), 0, sizeof(ulong), 0, 0);
        return pid;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Perform(ChildStep* steps, int count, int status)
    {
        const int EINTR = 4;
        long* report = stackalloc long[2];
        for (int index = 0; index < count; index++)
        {
            ChildStep* step = &steps[index];
            nint result = Libc.syscall_forked(step->Number, step->A, step->B, step->C, step->D, step->E, step->F);
            int error = result == -1 ? *Libc.__errno_location() : 0;
            if (error == EINTR)
            {
                index--;
                continue;
            }

            if (error != 0 && (error == step->Tolerated || error == step->AlsoTolerated))
            {
                continue;
            }

            if (error != 0 || step->TellResult != 0)
            {
                ((int*)report)[0] = index;
                ((int*)report)[1] = error;
                report[1] = result;
                _ = Libc.syscall_forked(Libc.SYS_write, status, (nint)report, ReportBytes, 0, 0, 0);
            }

            if ((error != 0 && step->GoOnAfterFailure == 0) || (result == 0 && step->ZeroEnds != 0))
            {
                _ = Libc.syscall_forked(Libc.SYS_exit_group, ExitWithoutExec, 0, 0, 0, 0, 0);
            }
        }

        if (count > 0)
        {
            _ = Libc.syscall_forked(Libc.SYS_exit_group, ExitWithoutExec, 0, 0, 0, 0, 0);
        }
    }
}
