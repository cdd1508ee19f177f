using System.Globalization;

namespace Figment.Linux.Waits;

/// <summary>The signals of a thread and its process as proc_pid_status(5) shows them; bit n - 1 for signal n.</summary>
/// <param name="Pending">Sent and not yet taken.</param>
/// <param name="Caught">Those with a handler.</param>
public readonly record struct ProcessSignals(ulong Pending, ulong Caught)
{
    private const int SIGALRM = 14;

    /// <summary>It may have set alarm(2) or setitimer(2), which nothing shows from outside.</summary>
    public bool CatchesAlarm => (Caught & (1UL << (SIGALRM - 1))) != 0;

    /// <summary>Null: it is gone.</summary>
    public static ProcessSignals? Of(int process, int thread)
    {
        try
        {
            return Parse(File.ReadLines($"/proc/{process}/task/{thread}/status"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>It has made timers by timer_create(2), of which only the end can be seen.</summary>
    public static bool HasTimers(int process)
    {
        try
        {
            // A file of the kernel has no length before it is read.
            return File.ReadLines($"/proc/{process}/timers").Any();
        }
        catch (IOException)
        {
            return false;
        }
    }

    internal static ProcessSignals Parse(IEnumerable<string> status)
    {
        ulong pending = 0;
        ulong caught = 0;
        foreach (string line in status)
        {
            if (line.StartsWith("SigPnd:", StringComparison.Ordinal) || line.StartsWith("ShdPnd:", StringComparison.Ordinal))
            {
                pending |= Mask(line);
            }
            else if (line.StartsWith("SigCgt:", StringComparison.Ordinal))
            {
                caught = Mask(line);
            }
        }

        return new ProcessSignals(pending, caught);
    }

    private static ulong Mask(string line) => ulong.Parse(line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
