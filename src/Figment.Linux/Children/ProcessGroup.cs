using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Children;

/// <summary>The processes of a group, which has the number of its first.</summary>
public static class ProcessGroup
{
    /// <summary>Sends a signal to all; nothing if none is left. The leader must not have been reaped: its number could be another's.</summary>
    public static void Signal(int leader, int signal)
    {
        if (Libc.kill(-leader, signal) != 0 && Marshal.GetLastPInvokeError() != (int)Errno.ESRCH)
        {
            throw LinuxException.Last("kill(2)", $"process group {leader}");
        }
    }
}
