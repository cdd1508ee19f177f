using System.Globalization;

namespace Figment.Node.Telemetry;

/// <summary>What a process of Figment's own uses, from proc_pid_stat(5).</summary>
public sealed record ProcessUse
{
    /// <summary>Of /proc on Linux, whatever the kernel's own tick (time(7), USER_HZ).</summary>
    private const double TicksInSecond = 100;

    /// <summary>Fields after the name of proc_pid_stat(5), of which the third of the file is the first here.</summary>
    private const int UserTime = 11, SystemTime = 12, Threads = 17, StartTime = 19, VirtualBytes = 20, ResidentPages = 21;

    /// <summary><c>figmentd</c> or <c>figment-keeper</c>.</summary>
    public required string Program { get; init; }

    /// <summary>Whose keeper it is; null: the daemon.</summary>
    public string? Application { get; init; }

    public required double UserSeconds { get; init; }

    public required double SystemSeconds { get; init; }

    public required long ResidentBytes { get; init; }

    public required long AddressSpaceBytes { get; init; }

    public required int ThreadCount { get; init; }

    public required int DescriptorCount { get; init; }

    public required double UptimeSeconds { get; init; }

    /// <returns>Null: there is no such process any more.</returns>
    public static ProcessUse? Read(string program, string? application, int pid)
    {
        try
        {
            // The name stands in brackets and may itself have brackets and blanks in it.
            string text = File.ReadAllText($"/proc/{pid}/stat");
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            double uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
            return new ProcessUse
            {
                Program = program,
                Application = application,
                UserSeconds = Number(fields, UserTime) / TicksInSecond,
                SystemSeconds = Number(fields, SystemTime) / TicksInSecond,
                ResidentBytes = Number(fields, ResidentPages) * Environment.SystemPageSize,
                AddressSpaceBytes = Number(fields, VirtualBytes),
                ThreadCount = (int)Number(fields, Threads),
                DescriptorCount = Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Count(),
                UptimeSeconds = Math.Max(0, uptime - (Number(fields, StartTime) / TicksInSecond)),
            };
        }
        catch (IOException)
        {
            // It ended.
            return null;
        }
    }

    private static long Number(string[] fields, int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
}
