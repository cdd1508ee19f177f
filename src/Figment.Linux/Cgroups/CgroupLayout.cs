namespace Figment.Linux.Cgroups;

/// <summary>Which hierarchies of control groups this system has (cgroups(7)): one unified tree, or a tree per controller, or both.</summary>
public sealed record CgroupLayout
{
    /// <summary>Where a version 1 controller is mounted, by its name.</summary>
    public required IReadOnlyDictionary<string, string> Controllers { get; init; }

    /// <summary>Where the unified tree is mounted, null without one.</summary>
    public required string? Unified { get; init; }

    /// <summary>Controllers that the unified tree offers.</summary>
    public required IReadOnlyList<string> UnifiedControllers { get; init; }

    public static CgroupLayout Detect() => Parse(File.ReadLines("/proc/self/mountinfo"), path => File.Exists(path) ? File.ReadAllText(path) : "");

    /// <param name="mounts">Lines of mountinfo (proc_pid_mountinfo(5)).</param>
    /// <param name="read">Content of a file.</param>
    internal static CgroupLayout Parse(IEnumerable<string> mounts, Func<string, string> read)
    {
        string[] known = ["cpu", "cpuacct", "memory", "pids", "freezer", "blkio"];
        Dictionary<string, string> controllers = [];
        string? unified = null;
        foreach (string line in mounts)
        {
            string[] halves = line.Split(" - ", 2);
            string[] left = halves[0].Split(' ');
            string[] right = halves.Length == 2 ? halves[1].Split(' ') : [];
            if (left.Length < 5 || right.Length < 3)
            {
                continue;
            }

            if (right[0] == "cgroup2")
            {
                unified ??= left[4];
            }
            else if (right[0] == "cgroup")
            {
                foreach (string controller in right[2].Split(',').Where(option => known.Contains(option)))
                {
                    controllers.TryAdd(controller, left[4]);
                }
            }
        }

        return new CgroupLayout
        {
            Controllers = controllers,
            Unified = unified,
            UnifiedControllers = unified is null ? [] : read(Path.Combine(unified, "cgroup.controllers")).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries),
        };
    }
}
