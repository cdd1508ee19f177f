using System.Globalization;
using Figment.Api.Contract;
using Figment.Linux.Cgroups;
using Figment.Model.Control;

namespace Figment.Node.Usage;

/// <summary>Reads what a machine uses from its cgroups, version 1, 2 or some of each.</summary>
public static class UsageReader
{
    /// <summary>cgroup v1 writes "no limit" as the largest multiple of the page size; no machine has a petabyte.</summary>
    private const long NoLimit = 1L << 50;

    private const long NanosecondsPerMicrosecond = 1000;

    /// <returns>Null if the machine has no program, or it ended while it was looked at.</returns>
    public static UsageView? Read(string application, MachineStatus status, DateTimeOffset at)
    {
        if (status.Pid is not { } pid || status.Cgroups.Count == 0)
        {
            return null;
        }

        try
        {
            long limit = Memory(status) is { } memory ? Limit(memory) : 0;
            var (received, sent) = Network(pid);
            return new UsageView
            {
                Application = application,
                Machine = status.Machine,
                At = at,
                ProcessorNanoseconds = ProcessorUs(status) * NanosecondsPerMicrosecond,
                MemoryBytes = MemoryBytes(status),
                MemoryLimitBytes = limit,
                Processes = Folder(status, "pids") is { } pids && File.Exists(Path.Combine(pids, "pids.current"))
                    ? (int)Number(Path.Combine(pids, "pids.current"))
                    : 0,
                NetworkReceivedBytes = received,
                NetworkSentBytes = sent,
            };
        }
        catch (IOException)
        {
            // Its cgroups go with the machine.
            return null;
        }
    }

    private static string? Memory(MachineStatus status) => Folder(status, "memory");

    private static string? Folder(MachineStatus status, string controller) => status.Cgroups.GetValueOrDefault(controller) ?? status.Cgroups.GetValueOrDefault("unified");

    private static long ProcessorUs(MachineStatus status)
    {
        using var processor = ProcessorTime.Open(status.Cgroups);
        return processor?.ReadUs() ?? 0;
    }

    private static long MemoryBytes(MachineStatus status)
    {
        using var memory = MemoryUse.Open(status.Cgroups);
        return memory?.ReadBytes() ?? 0;
    }

    private static long Limit(string folder)
    {
        string path = First(folder, "memory.max", "memory.limit_in_bytes");
        string text = File.ReadAllText(path).Trim();
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) && limit < NoLimit ? limit : 0;
    }

    private static string First(string folder, string name, string otherName) =>
        File.Exists(Path.Combine(folder, name)) ? Path.Combine(folder, name) : Path.Combine(folder, otherName);

    private static long Number(string path) => long.Parse(File.ReadAllText(path).AsSpan().Trim(), CultureInfo.InvariantCulture);

    /// <summary>Sums the machine's interfaces but its loopback.</summary>
    private static (long Received, long Sent) Network(int pid)
    {
        const int HeaderLines = 2;
        long received = 0;
        long sent = 0;
        foreach (string line in File.ReadLines($"/proc/{pid}/net/dev").Skip(HeaderLines))
        {
            string[] fields = line.Split((char[])[' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[0] != "lo")
            {
                received += long.Parse(fields[1], CultureInfo.InvariantCulture);
                sent += long.Parse(fields[9], CultureInfo.InvariantCulture);
            }
        }

        return (received, sent);
    }
}
