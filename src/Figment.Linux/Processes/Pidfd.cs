using System.Diagnostics;
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
        long begun = Stopwatch.GetTimestamp();
        var left = limit;
        while (!Poll((int)left.TotalMilliseconds))
        {
            // The time is over, or a signal came.
            if (limit != Timeout.InfiniteTimeSpan && (left = limit - Stopwatch.GetElapsedTime(begun)) <= TimeSpan.Zero)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Waits for a child of this process to end and reaps it.</summary>
    public ChildExit Wait()
    {
        const int Forever = -1;
        while (!Poll(Forever))
        {
            // A signal came.
        }

        return Reap();
    }

    /// <summary>Reaps a child if it has ended, else null.</summary>
    public ChildExit? TryReap() => Poll(0) ? Reap() : null;

    public void Dispose() => _descriptor.Dispose();

    /// <summary>Whether it has ended, within that many milliseconds.</summary>
    private unsafe bool Poll(int timeoutMs)
    {
        var asked = new Libc.Pollfd { fd = _descriptor.Number, events = (short)PollEvents.Readable };
        int ready = Libc.poll(&asked, 1, timeoutMs);
        return ready > 0 || (ready < 0 && Marshal.GetLastPInvokeError() != (int)Errno.EINTR ? throw LinuxException.Last("poll(2)", $"process {Pid}") : false);
    }

    /// <summary>Of a child that has ended: one that lives and is traced by a thread of this process would report its stops here, and not there.</summary>
    private unsafe ChildExit Reap()
    {
        Libc.Siginfo info = default;
        while (Libc.waitid(P_PIDFD, (uint)_descriptor.Number, &info, WEXITED) != 0)
        {
            if (Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
            {
                throw LinuxException.Last("waitid(2)", $"process {Pid}");
            }
        }

        return info.si_code == CLD_EXITED ? new ChildExit(info.si_status, null) : new ChildExit(128 + info.si_status, info.si_status);
    }
}
