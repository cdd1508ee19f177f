using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Memory;

/// <summary>Pages that the kernel makes many at a time (PR_SET_THP_DISABLE, prctl(2)): what touches one page has its neighbours too.</summary>
public static class HugePages
{
    private const int PR_SET_THP_DISABLE = 41;

    /// <summary>Until it is disposed neither this process nor what it starts gets any; what was started stays so.</summary>
    public static IDisposable Off()
    {
        Set(1);
        return new Again();
    }

    private static void Set(int off) => LinuxException.ThrowIfNegative(Libc.syscall(Libc.SYS_prctl, PR_SET_THP_DISABLE, off, 0, 0, 0, 0), "prctl(2) PR_SET_THP_DISABLE", "this process");

    private sealed class Again : IDisposable
    {
        public void Dispose() => Set(0);
    }
}
