using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Figment.EndToEnd.Tests.Storms;

/// <summary>What a move may leave behind on the two nodes: looked at when nothing moves, and compared with what was there after moves that met no failure.</summary>
/// <param name="nodes">Two.</param>
/// <param name="application">Its name.</param>
/// <param name="machine">That moves.</param>
internal sealed class NodeLeaks(NodePair nodes, string application, string machine)
{
    /// <summary>A daemon's connections to the other node and to its keeper come and go.</summary>
    private const int DescriptorsMore = 40;

    private readonly Dictionary<string, string> _first = [];
    private readonly Dictionary<string, int> _descriptors = [];

    /// <summary>How it is to be while that node has the machine.</summary>
    public void Learn(FigmentNode holder)
    {
        foreach (var node in (FigmentNode[])[nodes.A, nodes.B])
        {
            _first[PlaceOf(node, holder)] = Listing(node);
        }
    }

    /// <summary>Null: nothing.</summary>
    /// <param name="holder">The node that has the machine.</param>
    public string? Find(FigmentNode holder)
    {
        List<string> found = [];
        foreach (var node in (FigmentNode[])[nodes.A, nodes.B])
        {
            string place = PlaceOf(node, holder);
            found.AddRange(Of(node, node == holder).Select(leak => $"{place}: {leak}"));
            if (Listing(node) is var now && _first[place] != now)
            {
                found.Add($"{place}: {now} where there was {_first[place]}");
            }
        }

        return found.Count == 0 ? null : string.Join("; ", found);
    }

    private IEnumerable<string> Of(FigmentNode node, bool hasIt)
    {
        string runtime = Path.Combine(node.RuntimeDirectory, "apps", application);
        string launch = Path.Combine(runtime, "keeper.json");
        if (File.Exists(launch))
        {
            string group = $"figment/{JsonDocument.Parse(File.ReadAllText(launch)).RootElement.GetProperty("tag").GetString()}/{machine}";
            var inside = NodeProcesses.InGroup(group);
            if (inside.Count != (hasIt ? 1 : 0))
            {
                yield return $"processes {string.Join(", ", inside)} in group {group}";
            }

            if (!hasIt && Directory.EnumerateDirectories("/sys/fs/cgroup").Prepend("/sys/fs/cgroup").Select(hierarchy => Path.Combine(hierarchy, group)).FirstOrDefault(Directory.Exists) is { } left)
            {
                yield return $"group {left}";
            }
        }
        else if (hasIt)
        {
            yield return $"there is no {launch}";
        }

        string pinned = Path.Combine(runtime, "netns", machine);
        if (File.Exists(pinned) && Tables(pinned) is { } tables && tables.Contains("CRIU", StringComparison.Ordinal))
        {
            yield return $"tables of the machine's network: {tables}";
        }

        foreach (string move in Directory.GetDirectories(Path.Combine(node.StateDirectory, "moves")))
        {
            // One that is done is kept to answer.
            if (!File.Exists(Path.Combine(move, "done")) || Directory.GetDirectories(move).Length > 0)
            {
                yield return $"{move} with {string.Join(", ", Directory.GetFileSystemEntries(move).Select(Path.GetFileName))}";
            }
        }

        foreach (string program in (string[])["figmentd", "figment-keeper"])
        {
            var pids = node.Processes(program);
            if (pids.Count != (program == "figmentd" || File.Exists(launch) ? 1 : 0))
            {
                yield return $"{program}: processes {string.Join(", ", pids)}";
            }
            else if (pids is [int pid])
            {
                int now = NodeProcesses.Descriptors(pid);
                int first = _descriptors.TryGetValue(program, out int known) ? known : _descriptors[program] = now;
                if (now > first + DescriptorsMore)
                {
                    yield return $"{program} has {now} descriptors, and had {first}";
                }
            }
        }

        var boxes = node.Processes("figment-box");
        if (NodeProcesses.Criu().Where(pid => NodeProcesses.ParentOf(pid) is { } parent && (parent == 1 || boxes.Contains(parent))).ToList() is [_, ..] criu)
        {
            yield return $"criu: processes {string.Join(", ", criu)}";
        }
    }

    private string PlaceOf(FigmentNode node, FigmentNode holder) => $"{(node == nodes.A ? "a" : "b")}, while {(holder == nodes.A ? "a" : "b")} has it";

    /// <summary>Mounts that the node sees, boxes, and what lies in the machine's folders.</summary>
    private string Listing(FigmentNode node)
    {
        string folder = Path.GetDirectoryName(node.StateDirectory)!;
        var mounts = File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(folder, StringComparison.Ordinal)).Select(line => line.Split(' ')[4][folder.Length..]);
        string own = Path.Combine(node.StateDirectory, "apps", application, "machines", machine);
        var state = Directory.Exists(own) ? Directory.GetDirectories(own).SelectMany(one => Directory.GetDirectories(one).Prepend(one)).Select(one => one[own.Length..]) : [];
        return string.Create(CultureInfo.InvariantCulture, $"{node.Processes("figment-box").Count} boxes, mounts {string.Join(' ', mounts.Order(StringComparer.Ordinal))}, folders {string.Join(' ', state.Order(StringComparer.Ordinal))}");
    }

    private static string Tables(string pinned)
    {
        using var process = Process.Start(new ProcessStartInfo("nsenter", [$"--net={pinned}", "nft", "list", "tables"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string tables = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return tables.ReplaceLineEndings(" ").Trim();
    }
}
