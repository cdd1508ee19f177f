using System.Globalization;

namespace Figment.Bench.Sides;

/// <summary>What /proc tells of processes. One may end while it is read: then it counts as absent.</summary>
internal static class ProcessFiles
{
    // The kernel keeps 15 characters of a name.
    private const int NameCharactersMax = 15;

    public static IEnumerable<int> Named(string name)
    {
        string kept = name.Length > NameCharactersMax ? name[..NameCharactersMax] : name;
        return Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int pid) ? pid : 0)
            .Where(pid => pid != 0 && Read(pid, "comm").Trim() == kept);
    }

    public static string Environment(int pid) => Read(pid, "environ");

    public static string CommandLine(int pid) => Read(pid, "cmdline");

    /// <summary>Proportional set size in bytes.</summary>
    public static long Pss(int pid)
        => Read(pid, "smaps_rollup").Split('\n').Where(line => line.StartsWith("Pss:", StringComparison.Ordinal)).Select(Kilobytes).FirstOrDefault() * 1024;

    /// <summary>Of all its threads (proc_pid_schedstat(5)).</summary>
    public static long ProcessorNanoseconds(int pid)
    {
        string folder = FormattableString.Invariant($"/proc/{pid}/task");
        try
        {
            return Directory.EnumerateDirectories(folder).Sum(thread => long.Parse(File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>What the kernel itself holds, in bytes: slab, per-processor memory, page tables, stacks.</summary>
    public static long KernelBytes()
    {
        string[] names = ["Slab:", "Percpu:", "PageTables:", "KernelStack:"];
        return File.ReadLines("/proc/meminfo").Where(line => names.Any(name => line.StartsWith(name, StringComparison.Ordinal))).Sum(Kilobytes) * 1024;
    }

    private static long Kilobytes(string line) => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    private static string Read(int pid, string file)
    {
        try
        {
            return File.ReadAllText(FormattableString.Invariant($"/proc/{pid}/{file}"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
