using System.Globalization;

namespace Figment.EndToEnd.Tests.Storms;

/// <summary>What the kernel says of all processes.</summary>
internal static class NodeProcesses
{
    public static IEnumerable<int> All() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => char.IsAsciiDigit(name![0])).Select(name => int.Parse(name!, CultureInfo.InvariantCulture));

    /// <summary>This tree's CRIU serving somebody; its own name is that of its loader.</summary>
    public static IEnumerable<int> Criu() =>
        All().Where(pid => Read(pid, "cmdline") is var command && command.Contains("\0swrk\0", StringComparison.Ordinal) && command.StartsWith(FigmentNode.Root() + "/", StringComparison.Ordinal));

    public static int? ParentOf(int pid) =>
        Read(pid, "status").Split('\n').FirstOrDefault(line => line.StartsWith("PPid:", StringComparison.Ordinal)) is { } line ? int.Parse(line["PPid:".Length..], CultureInfo.InvariantCulture) : null;

    /// <summary>In this control group of any hierarchy.</summary>
    public static IReadOnlyList<int> InGroup(string group) =>
        [.. All().Where(pid => Read(pid, "cgroup").Split('\n').Any(line => line.EndsWith(":/" + group, StringComparison.Ordinal) || line.Contains($":/{group}/", StringComparison.Ordinal)))];

    public static int Descriptors(int pid)
    {
        try
        {
            return Directory.GetFiles($"/proc/{pid}/fd").Length;
        }
        catch (IOException)
        {
            return 0; // ended meanwhile
        }
    }

    private static string Read(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}");
        }
        catch (IOException)
        {
            return ""; // ended meanwhile
        }
    }
}
