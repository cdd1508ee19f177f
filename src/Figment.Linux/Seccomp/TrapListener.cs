using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Seccomp;

/// <summary>
/// The listener of a notify filter (seccomp_unotify(2)). Readable when a call waits, hung up when no process is left under the filter. One thread.
/// If the last descriptor of it closes, every call that is trapped afterwards fails with ENOSYS.
/// </summary>
public sealed unsafe class TrapListener : IDisposable
{
    private readonly Descriptor _listener;

    public TrapListener(Descriptor listener)
    {
        _listener = listener;

        // By value. Kernels before 6.6 lack it; then an answer takes a few microseconds more.
        if (Libc.ioctl(listener.Number, Libc.SECCOMP_IOCTL_NOTIF_SET_FLAGS, Libc.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) != 0
            && Marshal.GetLastPInvokeError() is not ((int)Errno.EINVAL or (int)Errno.ENOTTY))
        {
            throw LinuxException.Last("ioctl(2) SECCOMP_IOCTL_NOTIF_SET_FLAGS", "listener of trapped calls");
        }
    }

    public Descriptor Descriptor => _listener;

    /// <summary>The call that waits; false if it went away meanwhile (killed), or a signal came.</summary>
    public bool TryReceive(out TrappedCall call)
    {
        Libc.SeccompNotif notification = default;
        if (Libc.ioctl(_listener.Number, Libc.SECCOMP_IOCTL_NOTIF_RECV, (nint)(&notification)) != 0)
        {
            call = default;
            return Marshal.GetLastPInvokeError() is (int)Errno.ENOENT or (int)Errno.EINTR
                ? false
                : throw LinuxException.Last("ioctl(2) SECCOMP_IOCTL_NOTIF_RECV", "listener of trapped calls");
        }

        ulong* arguments = notification.args;
        call = new TrappedCall(
            notification.id, (int)notification.pid, (TrappedCallKind)notification.nr, (int)arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
        return true;
    }

    /// <summary>The caller still waits in this call: what was read of its memory was its own.</summary>
    public bool IsValid(ulong id) => Libc.ioctl(_listener.Number, Libc.SECCOMP_IOCTL_NOTIF_ID_VALID, (nint)(&id)) == 0;

    /// <summary>Lets the kernel perform the call. False if the caller is gone.</summary>
    public bool Continue(ulong id) => Send(id, 0, Libc.SECCOMP_USER_NOTIF_FLAG_CONTINUE);

    /// <summary>The call returns 0 without having been performed. False if the caller is gone.</summary>
    public bool Succeed(ulong id) => Send(id, 0, 0);

    /// <summary>The call fails with this error without having been performed. False if the caller is gone.</summary>
    public bool Fail(ulong id, Errno error) => Send(id, 0, 0, (int)error);

    /// <summary>
    /// Puts a descriptor of ours over the caller's number. The flag that also answers the call would answer with that number, which bind(2) must not return,
    /// so the answer is a call of its own. False if the caller is gone or closed it.
    /// </summary>
    public bool Place(ulong id, Descriptor source, int target, bool closeOnExec)
    {
        var request = new Libc.SeccompNotifAddfd
        {
            id = id,
            flags = Libc.SECCOMP_ADDFD_FLAG_SETFD,
            srcfd = (uint)source.Number,
            newfd = (uint)target,
            newfd_flags = closeOnExec ? (uint)FileCalls.O_CLOEXEC : 0,
        };
        if (Libc.ioctl(_listener.Number, Libc.SECCOMP_IOCTL_NOTIF_ADDFD, (nint)(&request)) >= 0)
        {
            return true;
        }

        return Gone("ioctl(2) SECCOMP_IOCTL_NOTIF_ADDFD");
    }

    public void Dispose() => _listener.Dispose();

    private bool Send(ulong id, long value, uint flags, int error = 0)
    {
        var response = new Libc.SeccompNotifResp { id = id, val = value, error = -error, flags = flags };
        return Libc.ioctl(_listener.Number, Libc.SECCOMP_IOCTL_NOTIF_SEND, (nint)(&response)) == 0 || Gone("ioctl(2) SECCOMP_IOCTL_NOTIF_SEND");
    }

    private static bool Gone(string call) =>
        Marshal.GetLastPInvokeError() is (int)Errno.ENOENT or (int)Errno.EINPROGRESS ? false : throw LinuxException.Last(call, "listener of trapped calls");
}
