using System.Globalization;
using Figment.Linux.Errors;
using Figment.Linux.Processes;

namespace Figment.Box.Checkpoints;

/// <summary>Threads of a machine that were bound to processors (sched_setaffinity(2), taskset(1)), by their numbers in it: CRIU does not see to that.</summary>
internal static class BoundThreads
{
    private const string NumbersKey = "NSpid:";

    /// <summary>Those that may not run on all the processors on which this process may.</summary>
    /// <param name="processes">The machine's, as this process sees their numbers.</param>
    public static IReadOnlyDictionary<int, string> Find(IEnumerable<int> processes)
    {
        var all = ProcessorSet.Of(Environment.ProcessId);
        Dictionary<int, string> bound = [];
        foreach (int thread in processes.SelectMany(ThreadsOf))
        {
            if (ProcessorSet.Of(thread) is { } processors && !processors.Equals(all) && OwnNumber(thread) is { } number)
            {
                bound[number] = processors.ToString();
            }
        }

        return bound;
    }

    /// <summary>Binds them again. Nothing of the machine runs yet.</summary>
    /// <param name="bound">As <see cref="Find"/> found them.</param>
    /// <param name="first">The machine's first process, as this process sees its number.</param>
    /// <param name="processes">In its control groups, CRIU's among them.</param>
    /// <param name="warn">Told which cannot be bound as they were.</param>
    public static void Bind(IReadOnlyDictionary<int, string> bound, int first, IEnumerable<int> processes, Action<string> warn)
    {
        string? space = SpaceOf(first);
        foreach (int thread in processes.Where(process => SpaceOf(process) == space).SelectMany(ThreadsOf))
        {
            if (OwnNumber(thread) is { } number && bound.TryGetValue(number, out string? processors))
            {
                try
                {
                    ProcessorSet.Parse(processors).Give(thread);
                }
                catch (Exception exception) when (exception is LinuxException or FormatException)
                {
                    warn($"thread {number} was bound to processors {processors}, and is not here: {exception.Message}");
                }
            }
        }
    }

    private static string? SpaceOf(int process) => new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/ns/pid")).LinkTarget;

    private static IReadOnlyList<int> ThreadsOf(int process)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{process}/task").Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Its number in the innermost namespace.</summary>
    private static int? OwnNumber(int thread)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{thread}/status").FirstOrDefault(line => line.StartsWith(NumbersKey, StringComparison.Ordinal));
            return line is null ? null : int.Parse(line.AsSpan(line.LastIndexOf('\t') + 1), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended meanwhile: ENOENT, ESRCH.
            return null;
        }
    }
}
