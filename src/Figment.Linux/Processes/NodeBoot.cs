namespace Figment.Linux.Processes;

/// <summary>This boot of the node: what counts from it, or holds as long as it, is of no use to another.</summary>
public static class NodeBoot
{
    /// <summary>The kernel's own, random.</summary>
    public static string Id { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}
