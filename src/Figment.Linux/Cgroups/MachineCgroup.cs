using System.Globalization;
using Figment.Linux.Errors;
using Figment.Linux.Processes;

namespace Figment.Linux.Cgroups;

/// <summary>The control groups of one machine, one in each hierarchy there is. One thread.</summary>
public sealed class MachineCgroup
{
    internal const string UnifiedKey = "unified";

    private static readonly string[] WantedControllers = ["cpu", "memory", "pids", "io"];

    /// <summary>The last of a group's processes may take a moment to leave it.</summary>
    private static readonly TimeSpan RemoveTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RemoveInterval = TimeSpan.FromMilliseconds(5);

    private readonly Dictionary<string, string> _folders = [];

    private MachineCgroup()
    {
    }

    /// <summary>Folders by version 1 controller; the unified tree's under <c>unified</c>.</summary>
    public IReadOnlyDictionary<string, string> Folders => _folders;

    /// <summary>The folder in the unified tree, if there is one.</summary>
    public string? Unified => _folders.GetValueOrDefault(UnifiedKey);

    /// <summary>Folders in trees of version 1, each once: a tree may have several controllers.</summary>
    public IEnumerable<string> Version1 => _folders.Where(folder => folder.Key != UnifiedKey).Select(folder => folder.Value).Distinct();

    /// <param name="layout">What there is.</param>
    /// <param name="path">Relative to each hierarchy, <c>figment/TAG/MACHINE</c>.</param>
    public static MachineCgroup Create(CgroupLayout layout, string path)
    {
        var group = new MachineCgroup();
        foreach (var (controller, mount) in layout.Controllers)
        {
            string folder = Path.Combine(mount, path);
            Directory.CreateDirectory(folder);
            group._folders[controller] = folder;
        }

        if (layout.Unified is not null)
        {
            string folder = layout.Unified;
            foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                // A group's controllers must be handed down at every level above it.
                Delegate(folder, layout.UnifiedControllers);
                folder = Path.Combine(folder, part);
                Directory.CreateDirectory(folder);
            }

            group._folders[UnifiedKey] = folder;
        }

        return group;
    }

    /// <summary>Removes a group above machines' groups, <c>figment/TAG</c>, and those above it, as far as they are empty: another application's group keeps <c>figment</c>.</summary>
    public static void RemoveEmpty(CgroupLayout layout, string path)
    {
        foreach (string mount in Mounts(layout))
        {
            for (string part = path; part.Length > 0; part = Path.GetDirectoryName(part) ?? "")
            {
                string folder = Path.Combine(mount, part);
                if (!Directory.Exists(folder))
                {
                    continue;
                }

                try
                {
                    Directory.Delete(folder);
                }
                catch (IOException)
                {
                    // It has groups below it: it and what is above it are in use.
                    break;
                }
            }
        }
    }

    /// <summary>Removes an empty group, and none above it.</summary>
    public static void Remove(CgroupLayout layout, string path)
    {
        foreach (string folder in Mounts(layout).Select(mount => Path.Combine(mount, path)).Where(Directory.Exists))
        {
            try
            {
                Directory.Delete(folder);
            }
            catch (IOException)
            {
                // Its last process is only just ending; the next start of the machine takes it over.
            }
        }
    }

    /// <summary>Names of the groups below a group.</summary>
    public static IReadOnlyList<string> Below(CgroupLayout layout, string path) =>
        [.. Mounts(layout)
            .Select(mount => Path.Combine(mount, path))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateDirectories(folder))
            .Select(folder => Path.GetFileName(folder)!)
            .Distinct(StringComparer.Ordinal)];

    /// <summary>Kills every process of a group; returns them for the caller to wait for their ends. Empty if there is no such group.</summary>
    public static IReadOnlyList<Pidfd> Kill(CgroupLayout layout, string path)
    {
        const int SIGKILL = 9;
        List<Pidfd> members = [];
        foreach (int pid in Members(layout, path))
        {
            try
            {
                members.Add(Pidfd.Open(pid));
            }
            catch (LinuxException exception) when (exception.Error == Errno.ESRCH)
            {
                // It ended by itself.
            }
        }

        // Who is still listed is who was opened: a number that was given anew is not in the group.
        var listed = Members(layout, path);
        foreach (var left in members.Where(member => !listed.Contains(member.Pid)).ToList())
        {
            members.Remove(left);
            left.Dispose();
        }

        foreach (var member in members)
        {
            member.Signal(SIGKILL);
        }

        // What is frozen by the controller of version 1 ends only when it goes on.
        if (layout.Controllers.TryGetValue("freezer", out string? mount) && Directory.Exists(Path.Combine(mount, path)))
        {
            _ = Write(Path.Combine(mount, path, "freezer.state"), "THAWED");
        }

        return members;
    }

    /// <summary>Sets one limit.</summary>
    /// <param name="controller">The version 1 controller, <c>memory</c>.</param>
    /// <param name="file">Its file.</param>
    /// <param name="unifiedFile">The file in the unified tree.</param>
    /// <param name="value">For the version 1 file.</param>
    /// <param name="unifiedValue">For the unified one.</param>
    /// <returns>Null, or why not.</returns>
    public string? Set(string controller, string file, string unifiedFile, string value, string unifiedValue)
    {
        if (_folders.TryGetValue(controller, out string? folder))
        {
            return Write(Path.Combine(folder, file), value);
        }

        return _folders.TryGetValue(UnifiedKey, out folder) && File.Exists(Path.Combine(folder, unifiedFile))
            ? Write(Path.Combine(folder, unifiedFile), unifiedValue)
            : $"this system has no control group controller {controller}; look at /proc/cgroups and the kernel's command line";
    }

    /// <summary>The processes in it now, as this process sees their numbers.</summary>
    public IReadOnlyList<int> Processes() =>
        _folders.Count == 0 ? [] : [.. File.ReadLines(Path.Combine(Unified ?? _folders.Values.First(), "cgroup.procs")).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];

    /// <summary>How often the kernel killed a process of the group for want of memory.</summary>
    public long OutOfMemoryKills()
    {
        string? file = _folders.TryGetValue("memory", out string? folder) ? Path.Combine(folder, "memory.oom_control")
            : _folders.TryGetValue(UnifiedKey, out folder) ? Path.Combine(folder, "memory.events")
            : null;
        string? line = file is not null && File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith("oom_kill ", StringComparison.Ordinal))
            : null;
        return line is null ? 0 : long.Parse(line["oom_kill ".Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>Removes the groups, which must be empty; returns what is left, in words.</summary>
    public IReadOnlyList<string> Remove(TimeProvider time)
    {
        List<string> failures = [];
        long start = time.GetTimestamp();
        using var never = new ManualResetEventSlim();
        foreach (string folder in _folders.Values.Distinct())
        {
            while (true)
            {
                try
                {
                    Directory.Delete(folder);
                    break;
                }
                catch (DirectoryNotFoundException)
                {
                    break;
                }
                catch (IOException exception) when (time.GetElapsedTime(start) >= RemoveTime)
                {
                    failures.Add($"remove control group {folder}: {exception.Message}");
                    break;
                }
                catch (IOException)
                {
                    never.Wait(RemoveInterval);
                }
            }
        }

        return failures;
    }

    private static IEnumerable<string> Mounts(CgroupLayout layout) => layout.Controllers.Values.Append(layout.Unified).OfType<string>().Distinct();

    private static HashSet<int> Members(CgroupLayout layout, string path)
    {
        HashSet<int> members = [];
        foreach (string mount in Mounts(layout))
        {
            try
            {
                members.UnionWith(File.ReadLines(Path.Combine(mount, path, "cgroup.procs")).Select(line => int.Parse(line, CultureInfo.InvariantCulture)));
            }
            catch (IOException)
            {
                // There is no such group, or it was removed meanwhile (ENODEV).
            }
        }

        return members;
    }

    private static void Delegate(string folder, IReadOnlyList<string> offered)
    {
        foreach (string controller in WantedControllers.Where(offered.Contains))
        {
            // Where processes live in the group itself this is refused; the limit that needs it then says so.
            _ = Write(Path.Combine(folder, "cgroup.subtree_control"), "+" + controller);
        }
    }

    private static string? Write(string file, string value)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            stream.Write(System.Text.Encoding.ASCII.GetBytes(value));
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"write {value} to {file}: {exception.Message}";
        }
    }
}
