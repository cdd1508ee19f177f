namespace Figment.Node.Planning;

/// <summary>Capabilities of a machine's programs: Docker's default set, then <c>cap_drop</c>, then <c>cap_add</c>.</summary>
internal static class Capabilities
{
    private const string All = "ALL";

    /// <summary>What Docker leaves a container (capabilities(7) tells each).</summary>
    private static readonly string[] Default =
    [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    ];

    private static readonly string[] Known =
    [
        .. Default,
        "AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "DAC_READ_SEARCH", "IPC_LOCK", "IPC_OWNER", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE",
        "NET_ADMIN", "NET_BROADCAST", "PERFMON", "SYS_ADMIN", "SYS_BOOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME",
        "SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM",
    ];

    public static IReadOnlyList<string> Of(string service, IReadOnlyList<string> add, IReadOnlyList<string> drop)
    {
        var added = Names(service, "cap_add", add);
        var dropped = Names(service, "cap_drop", drop);
        IEnumerable<string> kept = added.Contains(All) ? Known : Default;
        if (dropped.Contains(All))
        {
            kept = added.Contains(All) ? Known : [];
        }

        return [.. kept.Except(dropped).Union(added).Where(name => name != All).Order(StringComparer.Ordinal)];
    }

    private static HashSet<string> Names(string service, string key, IReadOnlyList<string> names)
    {
        var result = new HashSet<string>();
        foreach (string name in names)
        {
            string upper = name.ToUpperInvariant();
            string bare = upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper[4..] : upper;
            if (bare != All && !Known.Contains(bare))
            {
                throw PlanError.Of($"service {service}: {key} names {name}, which is no capability", "capabilities(7) lists them");
            }

            result.Add(bare);
        }

        return result;
    }
}
