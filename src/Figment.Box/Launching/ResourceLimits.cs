using System.Globalization;
using Figment.Linux.Cgroups;
using Figment.Model.Specs;

namespace Figment.Box.Launching;

/// <summary>Writes a machine's limits into its control groups.</summary>
internal static class ResourceLimits
{
    private const long PeriodMicroseconds = 100_000;
    private const int SharesOfOneCore = 1024;

    /// <summary>What the kernel takes at least as a quota.</summary>
    private const long QuotaMicrosecondsMin = 1_000;

    /// <summary>Sets them. A reservation that cannot be set is a warning.</summary>
    /// <exception cref="LaunchFailedException">A limit that was asked for cannot be set: a program that believes itself limited must not run without.</exception>
    public static void Apply(MachineCgroup group, ResourceSpec resources, Action<string> warn)
    {
        if (resources.MemoryBytes is { } memory)
        {
            Require("memory limit", group.Set("memory", "memory.limit_in_bytes", "memory.max", Text(memory), Text(memory)));

            // As Docker: as much swap as memory unless told otherwise. Version 1 counts memory and swap together.
            long together = resources.MemorySwapBytes ?? (2 * memory);
            string alone = together < 0 ? "max" : Text(Math.Max(0, together - memory));
            Advise("swap limit", group.Set("memory", "memory.memsw.limit_in_bytes", "memory.swap.max", Text(together), alone), resources.MemorySwapBytes is null ? null : warn);
        }

        if (resources.Cpus is { } cpus)
        {
            long quota = Math.Max(QuotaMicrosecondsMin, (long)(cpus * PeriodMicroseconds));
            Require("cpu limit", group.Set("cpu", "cpu.cfs_period_us", "cpu.max", Text(PeriodMicroseconds), $"{Text(quota)} {Text(PeriodMicroseconds)}"));
            Require("cpu limit", group.Set("cpu", "cpu.cfs_quota_us", "cpu.max", Text(quota), $"{Text(quota)} {Text(PeriodMicroseconds)}"));
        }

        if (resources.PidsMax is { } pids)
        {
            string text = pids < 0 ? "max" : Text(pids);
            Require("limit of processes", group.Set("pids", "pids.max", "pids.max", text, text));
        }

        if (resources.MemoryReservedBytes is { } reserved)
        {
            Advise("memory reservation", group.Set("memory", "memory.soft_limit_in_bytes", "memory.low", Text(reserved), Text(reserved)), warn);
        }

        if (resources.CpusReserved is { } share)
        {
            long shares = Math.Clamp((long)(share * SharesOfOneCore), 2, 262_144);
            long weight = Math.Clamp((long)(share * 100), 1, 10_000);
            Advise("cpu reservation", group.Set("cpu", "cpu.shares", "cpu.weight", Text(shares), Text(weight)), warn);
        }
    }

    private static void Require(string what, string? failure)
    {
        if (failure is not null)
        {
            throw new LaunchFailedException(LaunchFailedException.Machine, $"{what}: {failure}");
        }
    }

    private static void Advise(string what, string? failure, Action<string>? warn)
    {
        if (failure is not null)
        {
            warn?.Invoke($"{what} not set: {failure}");
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
