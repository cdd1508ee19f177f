namespace Figment.Node.Doctor;

/// <summary>How control groups are mounted, controller by controller.</summary>
/// <param name="Name"><c>v2</c>, <c>v1</c> or <c>hybrid</c>.</param>
/// <param name="Controllers">Controller to <c>v1</c> or <c>v2</c>.</param>
public sealed record CgroupMode(string Name, IReadOnlyDictionary<string, string> Controllers)
{
    private const string Root = "/sys/fs/cgroup";

    public static CgroupMode Detect() => Parse(File.ReadAllLines("/proc/self/mounts"), Unified);

    internal static CgroupMode Parse(IEnumerable<string> mounts, Func<string, IEnumerable<string>> unifiedControllers)
    {
        var controllers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        bool one = false;
        bool two = false;
        foreach (string[] fields in mounts.Select(line => line.Split(' ')).Where(fields => fields.Length > 3 && fields[1].StartsWith(Root, StringComparison.Ordinal)))
        {
            if (fields[2] == "cgroup2")
            {
                two = true;
                foreach (string controller in unifiedControllers(fields[1]))
                {
                    controllers[controller] = "v2";
                }
            }
            else if (fields[2] == "cgroup")
            {
                one = true;
                foreach (string option in fields[3].Split(',').Where(option => option is "cpu" or "cpuacct" or "cpuset" or "memory" or "freezer" or "devices" or "blkio" or "pids"))
                {
                    controllers[option] = "v1";
                }
            }
        }

        return new CgroupMode(one && two ? "hybrid" : two ? "v2" : one ? "v1" : "none", controllers);
    }

    private static IEnumerable<string> Unified(string mount)
    {
        string path = Path.Combine(mount, "cgroup.controllers");
        return File.Exists(path) ? File.ReadAllText(path).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries) : [];
    }
}
