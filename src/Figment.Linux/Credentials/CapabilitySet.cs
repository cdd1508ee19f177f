using System.Globalization;

namespace Figment.Linux.Credentials;

/// <summary>A set of capabilities (capabilities(7)).</summary>
public readonly record struct CapabilitySet(ulong Mask)
{
    private static readonly string[] Names =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE",
        "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN",
        "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE",
        "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ];

    /// <summary>The highest number known.</summary>
    public static int Last => Names.Length - 1;

    /// <exception cref="ArgumentException">No capability has that name.</exception>
    public static CapabilitySet Parse(IEnumerable<string> names)
    {
        ulong mask = 0;
        foreach (string name in names)
        {
            int number = Array.IndexOf(Names, name.ToUpperInvariant());
            if (number < 0)
            {
                throw new ArgumentException($"there is no capability {name}; the names are those of capabilities(7) without CAP_");
            }

            mask |= 1UL << number;
        }

        return new CapabilitySet(mask);
    }

    public static string Name(int capability) => Names[capability];

    public bool Contains(int capability) => (Mask & (1UL << capability)) != 0;

    public bool Contains(string name) => Array.IndexOf(Names, name) is >= 0 and var number && Contains(number);

    public CapabilitySet Within(CapabilitySet other) => new(Mask & other.Mask);

    /// <summary>What this process may pass on. Needs <c>/proc</c>.</summary>
    public static CapabilitySet OwnPermitted()
    {
        const string Key = "CapPrm:";
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Key, StringComparison.Ordinal));
        return new CapabilitySet(ulong.Parse(line[Key.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
