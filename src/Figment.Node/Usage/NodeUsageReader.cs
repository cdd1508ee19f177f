using System.Globalization;
using Figment.Api.Contract;

namespace Figment.Node.Usage;

/// <summary>Reads what the node as a whole uses, from proc_stat(5) and proc_meminfo(5).</summary>
public static class NodeUsageReader
{
    private const long NanosecondsPerTick = 10_000_000;
    private const long BytesPerKib = 1024;

    /// <summary>Fields of the line <c>cpu</c>: user (with guests), nice, system, then idle and iowait, then irq and softirq.</summary>
    private static readonly int[] Busy = [1, 2, 3, 6, 7];

    public static NodeUsage Read(DateTimeOffset at)
    {
        string[] processors = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var memory = File.ReadLines("/proc/meminfo").Select(line => line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries)).ToDictionary(line => line[0], line => Number(line[1]) * BytesPerKib);
        return new NodeUsage
        {
            At = at,
            Processors = Environment.ProcessorCount,
            ProcessorNanoseconds = Busy.Sum(field => Number(processors[field])) * NanosecondsPerTick,
            MemoryBytes = memory["MemTotal"],
            MemoryAvailableBytes = memory["MemAvailable"],
        };
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
