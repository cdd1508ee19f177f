using System.Globalization;
using Figment.Linux.Errors;
using Figment.Linux.Memory;

namespace Figment.Linux.Waits;

/// <summary>Asks the kernel why threads do not run (proc_pid_syscall(5)); costs them nothing. A thread that runs meanwhile may give an answer that is old when it comes.</summary>
public static class ThreadWaits
{
    private const int Arguments = 6;

    /// <summary>Of all threads of a process, by their numbers; empty if it is gone.</summary>
    public static IReadOnlyDictionary<int, ThreadWait> Of(int process)
    {
        Dictionary<int, ThreadWait> waits = [];
        try
        {
            foreach (string folder in Directory.EnumerateDirectories($"/proc/{process}/task"))
            {
                int thread = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
                if (TryRead(folder + "/syscall") is { } line)
                {
                    var wait = Parse(line, (address, into) => ProcessMemory.Read(thread, address, into) == into.Length);
                    waits[thread] = wait.Reason == WaitReason.Unknown && IsStopped(folder) ? wait with { Reason = WaitReason.Signal } : wait;
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // It ended.
        }

        return waits;
    }

    /// <param name="line"><c>running</c>; or call, six arguments, stack and instruction pointer; or -1 and the pointers, when it is in no call.</param>
    /// <param name="read">The thread's memory.</param>
    internal static ThreadWait Parse(string line, WaitDecoder.MemoryReader read)
    {
        string[] words = line.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (words is ["running"])
        {
            return new ThreadWait(WaitReason.Runs, -1, [], null);
        }

        if (words.Length <= Arguments || !long.TryParse(words[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long call))
        {
            return WaitDecoder.Unknown(-1);
        }

        Span<ulong> arguments = stackalloc ulong[Arguments];
        for (int index = 0; index < Arguments; index++)
        {
            if (!words[index + 1].StartsWith("0x", StringComparison.Ordinal)
                || !ulong.TryParse(words[index + 1].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out arguments[index]))
            {
                return WaitDecoder.Unknown(-1);
            }
        }

        return WaitDecoder.Decode(call, arguments, read) with { Place = string.Join(' ', words[1..]) };
    }

    /// <summary>By a signal, or by who traces it (proc_pid_stat(5)): whatever call it is in, it does not go on before a signal or its tracer lets it.</summary>
    private static bool IsStopped(string folder)
    {
        string stat = TryRead(folder + "/stat") ?? "";
        int state = stat.LastIndexOf(')') + 2;
        return state < stat.Length && stat[state] is 'T' or 't';
    }

    /// <summary>Null if the thread is gone.</summary>
    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException || (exception is IOException && exception.HResult == (int)Errno.ESRCH))
        {
            return null;
        }
    }
}
