using Figment.Linux.Children;
using Figment.Linux.Mounts;

namespace Figment.Box.Launching;

/// <summary><c>/proc</c> of a machine, without what tells of the node or changes it.</summary>
internal static class ProcFiles
{
    /// <summary>After Docker's list, by what the kernel makes of them: it waits after a mount of the wrong kind.</summary>
    private static readonly string[] MaskedFiles =
    [
        "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/timer_list", "/proc/timer_stats",
    ];

    private static readonly string[] MaskedFolders = ["/proc/acpi", "/proc/asound", "/proc/scsi"];

    private static readonly string[] ReadOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <summary>It shows the pid namespace of who mounts it, so the child does.</summary>
    public static void AddTo(PreparedChild child)
    {
        const MountFlags Plain = MountFlags.NoSetUser | MountFlags.NoDevices | MountFlags.NoExecute;
        child.AddMount("proc", "/proc", "proc", Plain);
        foreach (string path in MaskedFiles)
        {
            child.AddMount("/dev/null", path, null, MountFlags.Bind, mayBeMissing: true);
        }

        foreach (string path in MaskedFolders)
        {
            child.AddMount("tmpfs", path, "tmpfs", Plain | MountFlags.ReadOnly, "size=4k", mayBeMissing: true);
        }

        foreach (string path in ReadOnly)
        {
            child.AddMount(path, path, null, MountFlags.Bind | MountFlags.Recursive, mayBeMissing: true);
            child.AddMount(null, path, null, Plain | MountFlags.Bind | MountFlags.Remount | MountFlags.ReadOnly, mayBeMissing: true);
        }
    }

    /// <summary>Nothing is to be seen in this folder or file of <c>/proc</c>.</summary>
    public static bool IsMaskedFolder(string path) => Array.IndexOf(MaskedFolders, path) >= 0;

    public static bool IsMaskedFile(string path) => Array.IndexOf(MaskedFiles, path) >= 0;
}
