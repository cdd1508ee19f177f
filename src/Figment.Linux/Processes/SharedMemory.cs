using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Processes;

/// <summary>Whether two processes have one memory between them (kcmp(2)).</summary>
public static class SharedMemory
{
    /// <summary>KCMP_VM.</summary>
    private const int Memory = 1;

    /// <summary>False also if one of them has ended.</summary>
    /// <exception cref="LinuxException">The kernel does not say.</exception>
    public static bool Is(int one, int other)
    {
        nint order = Libc.syscall(Libc.SYS_kcmp, one, other, Memory, 0, 0, 0);
        if (order >= 0)
        {
            return order == 0;
        }

        var error = LinuxException.Last("kcmp(2)", $"processes {one} and {other}");
        return error.Error == Errno.ESRCH ? false : throw error;
    }
}
