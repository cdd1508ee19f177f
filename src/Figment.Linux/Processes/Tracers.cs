using System.Globalization;
using Figment.Linux.Errors;

namespace Figment.Linux.Processes;

/// <summary>Who traces a process (ptrace(2)) hears of the end of each of its threads first; it stays a zombie for as long as that one does not listen.</summary>
public static class Tracers
{
    private const int SIGKILL = 9;
    private const string Line = "TracerPid:";

    /// <summary>Kills those of a process that was killed and does not end.</summary>
    /// <param name="pid">Of a process that was not reaped, so that the number is still its own.</param>
    /// <returns>Their numbers.</returns>
    public static IReadOnlyList<int> Kill(int pid)
    {
        List<int> killed = [];
        foreach (int tracer in Of(pid))
        {
            try
            {
                using var process = Pidfd.Open(tracer);

                // Who traces it still is who was opened.
                if (Of(pid).Contains(tracer) && process.Signal(SIGKILL))
                {
                    killed.Add(tracer);
                }
            }
            catch (LinuxException exception) when (exception.Error == Errno.ESRCH)
            {
                // It has ended by itself.
            }
        }

        return killed;
    }

    private static HashSet<int> Of(int pid)
    {
        try
        {
            return [.. Directory.GetDirectories($"/proc/{pid}/task").Select(Of).Where(tracer => tracer > 0)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static int Of(string thread)
    {
        try
        {
            string? line = File.ReadLines(Path.Combine(thread, "status")).FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal));
            return line is null ? 0 : int.Parse(line[Line.Length..], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended meanwhile: ENOENT, ESRCH.
            return 0;
        }
    }
}
