using Figment.Linux.Credentials;
using Figment.Linux.Errors;

namespace Figment.Linux.Seccomp;

/// <summary>
/// What programs in machines are refused, after what Docker's default profile leaves out. It is a list of what is denied, not of what is allowed:
/// new calls of new kernels work at once, and the capabilities and namespaces stand behind it.
/// </summary>
public static class DenyList
{
    /// <summary>CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET.</summary>
    private const uint NamespaceFlags = 0x7E020000;

    private const string Admin = "SYS_ADMIN";

    public static IReadOnlyList<DenyRule> Rules { get; } =
    [
        new("io_uring_setup", 425, Errno.ENOSYS, null, "connect and bind through a ring would pass by the trapped calls; programs fall back"),
        new("io_uring_enter", 426, Errno.ENOSYS, null, "as io_uring_setup"),
        new("io_uring_register", 427, Errno.ENOSYS, null, "as io_uring_setup"),
        new("clone3", 435, Errno.ENOSYS, Admin, "its flags lie behind a pointer, where no filter sees a namespace flag; the C library falls back to clone"),
        new("clone", 56, Errno.EPERM, Admin, "a user namespace would give every capability inside it", NamespaceFlags),
        new("unshare", 272, Errno.EPERM, Admin, "as clone", NamespaceFlags),
        new("setns", 308, Errno.EPERM, Admin, "leaves the machine's namespaces"),
        new("mount", 165, Errno.EPERM, Admin, "changes what paths mean"),
        new("umount2", 166, Errno.EPERM, Admin, "uncovers what a mount hides"),
        new("pivot_root", 155, Errno.EPERM, Admin, "as mount"),
        new("open_tree", 428, Errno.EPERM, Admin, "as mount"),
        new("move_mount", 429, Errno.EPERM, Admin, "as mount"),
        new("fsopen", 430, Errno.EPERM, Admin, "as mount"),
        new("fsconfig", 431, Errno.EPERM, Admin, "as mount"),
        new("fsmount", 432, Errno.EPERM, Admin, "as mount"),
        new("fspick", 433, Errno.EPERM, Admin, "as mount"),
        new("mount_setattr", 442, Errno.EPERM, Admin, "as mount"),
        new("add_key", 248, Errno.EPERM, null, "keys are not of any namespace"),
        new("request_key", 249, Errno.EPERM, null, "as add_key"),
        new("keyctl", 250, Errno.EPERM, null, "as add_key"),
        new("bpf", 321, Errno.EPERM, "BPF", "programs in the kernel"),
        new("perf_event_open", 298, Errno.EPERM, "PERFMON", "measures what is not the machine's"),
        new("userfaultfd", 323, Errno.EPERM, "SYS_PTRACE", "holds the kernel at a page of one's choice, a step of many exploits"),
        new("kexec_load", 246, Errno.EPERM, "SYS_BOOT", "replaces the kernel"),
        new("kexec_file_load", 320, Errno.EPERM, "SYS_BOOT", "replaces the kernel"),
        new("reboot", 169, Errno.EPERM, "SYS_BOOT", "ends the machine from outside its program"),
        new("create_module", 174, Errno.EPERM, "SYS_MODULE", "code in the kernel"),
        new("init_module", 175, Errno.EPERM, "SYS_MODULE", "code in the kernel"),
        new("finit_module", 313, Errno.EPERM, "SYS_MODULE", "code in the kernel"),
        new("delete_module", 176, Errno.EPERM, "SYS_MODULE", "code in the kernel"),
        new("get_kernel_syms", 177, Errno.EPERM, null, "gone from kernels"),
        new("query_module", 178, Errno.EPERM, null, "gone from kernels"),
        new("nfsservctl", 180, Errno.EPERM, null, "gone from kernels"),
        new("_sysctl", 156, Errno.EPERM, null, "gone from kernels"),
        new("uselib", 134, Errno.EPERM, null, "gone from kernels"),
        new("ustat", 136, Errno.EPERM, null, "tells of devices of the node"),
        new("sysfs", 139, Errno.EPERM, null, "gone out of use"),
        new("acct", 163, Errno.EPERM, "SYS_PACCT", "accounting of the node"),
        new("swapon", 167, Errno.EPERM, Admin, "swap of the node"),
        new("swapoff", 168, Errno.EPERM, Admin, "swap of the node"),
        new("quotactl", 179, Errno.EPERM, Admin, "quotas of the node"),
        new("quotactl_fd", 443, Errno.EPERM, Admin, "quotas of the node"),
        new("lookup_dcookie", 212, Errno.EPERM, Admin, "paths of the node"),
        new("fanotify_init", 300, Errno.EPERM, Admin, "watches whole file systems"),
        new("open_by_handle_at", 304, Errno.EPERM, "DAC_READ_SEARCH", "opens files outside the machine's root by number"),
        new("name_to_handle_at", 303, Errno.EPERM, Admin, "goes with open_by_handle_at"),
        new("syslog", 103, Errno.EPERM, "SYSLOG", "the kernel's log is the node's"),
        new("vhangup", 153, Errno.EPERM, "SYS_TTY_CONFIG", "terminals of others"),
        new("settimeofday", 164, Errno.EPERM, "SYS_TIME", "the clock is the node's"),
        new("clock_settime", 227, Errno.EPERM, "SYS_TIME", "the clock is the node's"),
        new("iopl", 172, Errno.EPERM, "SYS_RAWIO", "ports of devices"),
        new("ioperm", 173, Errno.EPERM, "SYS_RAWIO", "ports of devices"),
        new("migrate_pages", 256, Errno.EPERM, "SYS_NICE", "moves memory of others"),
        new("move_pages", 279, Errno.EPERM, "SYS_NICE", "moves memory of others"),
        new("vmsplice", 278, Errno.EPERM, null, "gives pages away while they can still be written; Docker refuses it too"),
    ];

    /// <summary>The filter for a machine that keeps these capabilities.</summary>
    public static BpfProgram For(CapabilitySet kept) =>
        BpfProgram.Deny(Rules.Where(rule => rule.Unless is null || !(kept.Contains(rule.Unless) || (rule.Unless is "BPF" or "PERFMON" && kept.Contains(Admin)))));
}
