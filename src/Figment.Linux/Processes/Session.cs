using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Processes;

/// <summary>The session this process is in (setsid(2)).</summary>
public static class Session
{
    /// <summary>Leaves the session of whoever started this process; false if it leads one already.</summary>
    public static bool Detach()
    {
        if (Libc.setsid() >= 0)
        {
            return true;
        }

        var error = LinuxException.Last("setsid(2)", "this process");
        return error.Error == Errno.EPERM ? false : throw error;
    }
}
