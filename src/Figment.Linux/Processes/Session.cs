using System.Globalization;
using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Processes;

/// <summary>Sessions of processes (setsid(2)).</summary>
public static class Session
{
    private const int SIGKILL = 9;

    /// <summary>In <c>/proc/PID/stat</c>, behind the name: the session (proc_pid_stat(5)).</summary>
    private const int SessionField = 3;

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

    /// <summary>Kills what is in another session.</summary>
    /// <param name="session">The number of its leader, which may have ended: it is nobody else's for as long as anything is left.</param>
    /// <returns>Their numbers.</returns>
    public static IReadOnlyList<int> Kill(int session)
    {
        List<int> killed = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), out int pid) && SessionOf(pid) == session)
            {
                try
                {
                    using var process = Pidfd.Open(pid);
                    if (SessionOf(pid) == session && process.Signal(SIGKILL))
                    {
                        killed.Add(pid);
                    }
                }
                catch (LinuxException exception) when (exception.Error == Errno.ESRCH)
                {
                    // It has ended by itself.
                }
            }
        }

        return killed;
    }

    /// <summary>0: there is no such process, or it has ended and was not reaped.</summary>
    private static int SessionOf(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? 0 : int.Parse(fields[SessionField], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended meanwhile: ENOENT, ESRCH.
            return 0;
        }
    }
}
