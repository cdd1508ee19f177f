using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;
using Figment.Linux.Polling;

namespace Figment.Linux.Processes;

/// <summary>A process that cannot be mistaken for a later one of the same number (pidfd_open(2)). Readable (poll) when it has ended.</summary>
public sealed class Pidfd : IDisposable
{
    private const int P_PIDFD = 3;
    private const int WEXITED = 4;
    private const int WNOHANG = 1;
    private const int CLD_EXITED = 1;

    private readonly Descriptor _descriptor;

    private Pidfd(int pid, Descriptor descriptor)
    {
        Pid = pid;
        _descriptor = descriptor;
    }

    public int Pid { get; }

    public Descriptor Descriptor => _descriptor;

    /// <exception cref="LinuxException">ESRCH: there is no such process.</exception>
    public static Pidfd Open(int pid) =>
        new(pid, new Descriptor((int)LinuxException.ThrowIfNegative(Libc.syscall(Libc.SYS_pidfd_open, pid, 0, 0, 0, 0, 0), "pidfd_open(2)", $"process {pid}")));

    /// <summary>Takes a descriptor that clone(2) made with the process.</summary>
    internal static Pidfd Adopt(int pid, Descriptor descriptor) => new(pid, descriptor);

    /// <summary>Sends a signal; false if the process has ended.</summary>
    public bool Signal(int signal)
    {
        if (Libc.syscall(Libc.SYS_pidfd_send_signal, _descriptor.Number, signal, 0, 0, 0, 0) == 0)
        {
            return true;
        }

        var error = LinuxException.Last("pidfd_send_signal(2)", $"process {Pid}");
        return error.Error == Errno.ESRCH ? false : throw error;
    }

    /// <summary>A duplicate of a descriptor of that process (pidfd_getfd(2)); null if the process or the descriptor is gone.</summary>
    public Descriptor? TakeDescriptor(int number)
    {
        nint taken = Libc.syscall(Libc.SYS_pidfd_getfd, _descriptor.Number, number, 0, 0, 0, 0);
        if (taken >= 0)
        {
            return new Descriptor((int)taken);
        }

        var error = LinuxException.Last("pidfd_getfd(2)", $"descriptor {number} of process {Pid}");
        return error.Error is Errno.ESRCH or Errno.EBADF ? null : throw error;
    }

    /// <summary>Waits at most so long for its end; it need not be a child. False: it lives.</summary>
    public bool AwaitEnd(TimeSpan limit)
    {
        using var epoll = new Epoll();
        epoll.Add(_descriptor, PollEvents.Readable, 0);
        List<(ulong, PollEvents)> ended = [];
        epoll.Wait((int)limit.TotalMilliseconds, ended);
        return ended.Count > 0;
    }

    /// <summary>Waits for a child of this process to end and reaps it.</summary>
    public ChildExit Wait() => Reap(0) ?? throw new InvalidOperationException("waitid(2) returned without a child");

    /// <summary>Reaps a child if it has ended, else null.</summary>
    public ChildExit? TryReap() => Reap(WNOHANG);

    public void Dispose() => _descriptor.Dispose();

    private unsafe ChildExit? Reap(int options)
    {
        Libc.Siginfo info = default;
        while (Libc.waitid(P_PIDFD, (uint)_descriptor.Number, &info, WEXITED | options) != 0)
        {
            if (Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
            {
                throw LinuxException.Last("waitid(2)", $"process {Pid}");
            }
        }

        if (info.si_pid == 0)
        {
            return null;
        }

        return info.si_code == CLD_EXITED ? new ChildExit(info.si_status, null) : new ChildExit(128 + info.si_status, info.si_status);
    }
}
