namespace Figment.Migration.Snapshots;

/// <summary>What a processor can do, as the kernel names it. A program may have looked, and counts on it.</summary>
public static class ProcessorFlags
{
    public static IReadOnlyList<string> Read() => Of(File.ReadLines("/proc/cpuinfo"));

    /// <param name="lines">Of <c>/proc/cpuinfo</c>.</param>
    public static IReadOnlyList<string> Of(IEnumerable<string> lines) =>
        lines.FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) is { } line && line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
            ? line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
            : [];
}
