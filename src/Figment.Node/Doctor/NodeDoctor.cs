using System.Diagnostics;
using System.Globalization;
using Figment.Api.Contract;
using Figment.Node.Addresses;

namespace Figment.Node.Doctor;

/// <summary>Looks whether the node can do what Figment needs. Changes nothing.</summary>
/// <param name="options">Of the node.</param>
/// <param name="tags">Of its applications: what these hold counts as free.</param>
public sealed class NodeDoctor(NodeOptions options, IReadOnlyCollection<string> tags)
{
    /// <summary>SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP and the pidfd calls that boxes use.</summary>
    private static readonly Version KernelMin = new(6, 6);

    private const long DiskFreeMin = 2L << 30;
    private const int BacklogMin = 1024;
    private static readonly TimeSpan ToolWait = TimeSpan.FromSeconds(5);

    public async Task<DoctorView> CheckAsync(CancellationToken cancellation)
    {
        var checks = new List<DoctorCheck>
        {
            Root(), Kernel(), Notifications(), Cgroups(), FileSystem("overlay", "overlayfs", "modprobe overlay", required: true), Tool("nft", "apt install nftables", required: true),
            FileSystem("fuse", "fuse", "modprobe fuse", required: false), Tool("tini", "apt install tini; services with init: true need it", required: false),
            Tool("buildah", "apt install buildah; services with build: need it", required: false), Executable("figment-keeper", options.KeeperPath), Executable("figment-box", options.BoxPath),
            Forwarding(), Pool("subnet pool", options.SubnetPool), Pool("uplink pool", options.UplinkPool), Disk(), Backlog(),
        };
        checks.Add(await DockerForwardAsync(cancellation).ConfigureAwait(false));
        checks.Add(Firewall());
        return new DoctorView { Checks = checks };
    }

    internal static DoctorCheck Kernel(string release)
    {
        string numbers = string.Concat(release.TakeWhile(letter => char.IsAsciiDigit(letter) || letter == '.')).Trim('.');
        bool known = Version.TryParse(numbers, out var version);
        return Check("kernel", known && version >= KernelMin, $"Linux {release}", $"Figment needs Linux {KernelMin} or newer: apt install linux-image-amd64 from backports", CheckResult.Failed);
    }

    /// <summary>Machines that run although nobody needs them.</summary>
    internal static DoctorCheck Idleness(IReadOnlyList<MachineView> machines)
    {
        string[] restless = [.. machines.Where(machine => machine.NotIdle is not null).Select(machine => $"{machine.Application}/{machine.Machine}: {machine.NotIdle}")];
        return Check(
            "idle machines",
            restless.Length == 0,
            restless.Length == 0 ? "all that are not needed are frozen" : string.Join("; ", restless),
            "these programs never rest: let the program wait for what it polls, or set x-figment.idle.ignore: heartbeat (and a freeze-after of more than three of its waits), or freeze-after: never",
            CheckResult.Warning);
    }

    private static DoctorCheck Check(string name, bool good, string found, string hint, CheckResult otherwise) =>
        new() { Name = name, Result = good ? CheckResult.Ok : otherwise, Found = found, Hint = good ? null : hint };

    private static string? Read(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : null;

    private static DoctorCheck Root() => Check("privileges", Environment.IsPrivilegedProcess, Environment.IsPrivilegedProcess ? "root" : "not root", "start figmentd as root", CheckResult.Failed);

    private static DoctorCheck Kernel() => Kernel(Read("/proc/sys/kernel/osrelease") ?? "unknown");

    private static DoctorCheck Notifications()
    {
        string actions = Read("/proc/sys/kernel/seccomp/actions_avail") ?? string.Empty;
        return Check("seccomp notification", actions.Contains("user_notif", StringComparison.Ordinal), actions.Length > 0 ? actions : "no seccomp", "the kernel must be built with CONFIG_SECCOMP_FILTER", CheckResult.Failed);
    }

    private static DoctorCheck Cgroups()
    {
        var mode = CgroupMode.Detect();
        string found = $"{mode.Name}: {string.Join(", ", mode.Controllers.Select(pair => $"{pair.Key} {pair.Value}"))}";
        string[] missing = [.. ((string[])["cpu", "memory", "pids"]).Where(controller => !mode.Controllers.ContainsKey(controller))];
        return Check("control groups", missing.Length == 0, found, $"{string.Join(", ", missing)} missing: limits and usage of these are not there; boot with systemd.unified_cgroup_hierarchy=1", CheckResult.Warning);
    }

    private static DoctorCheck FileSystem(string name, string title, string hint, bool required)
    {
        bool there = (Read("/proc/filesystems") ?? string.Empty).Split('\n').Any(line => line.Split('\t').Last() == name);
        return Check(title, there, there ? "available" : "not known to the kernel", hint, required ? CheckResult.Failed : CheckResult.Warning);
    }

    private static string? Which(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin:/usr/bin:/bin".Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static DoctorCheck Tool(string name, string hint, bool required)
    {
        string? path = Which(name);
        return Check(name, path is not null, path ?? "not installed", hint, required ? CheckResult.Failed : CheckResult.Warning);
    }

    private static DoctorCheck Executable(string name, string path) =>
        Check(name, File.Exists(path), File.Exists(path) ? path : $"{path} is missing", "install Figment completely, or set FIGMENT_BIN_DIR", CheckResult.Failed);

    private static DoctorCheck Forwarding()
    {
        bool on = Read("/proc/sys/net/ipv4/ip_forward") == "1";
        return Check("ip_forward", on, on ? "on" : "off", "machines reach nothing outside without it: sysctl -w net.ipv4.ip_forward=1", CheckResult.Warning);
    }

    private DoctorCheck Pool(string name, Ipv4Range pool)
    {
        var conflicts = NodeNetworks.Taken(tags).Where(pool.Overlaps).ToList();
        return Check(name, conflicts.Count == 0, conflicts.Count == 0 ? $"{pool}, free" : $"{pool}, of which the host uses {string.Join(", ", conflicts)}", "these parts are left out; set FIGMENT_SUBNET_POOL or FIGMENT_UPLINK_POOL to another network if too little is left", CheckResult.Warning);
    }

    private DoctorCheck Disk()
    {
        long free = new DriveInfo(options.Places.StateDirectory).AvailableFreeSpace;
        string found = string.Create(CultureInfo.InvariantCulture, $"{free / (double)(1 << 30):0.0} GiB free for {options.Places.StateDirectory}");
        return Check("disk", free >= DiskFreeMin, found, "free some: figment image prune, figment down --volumes", CheckResult.Warning);
    }

    private static DoctorCheck Backlog()
    {
        int backlog = int.TryParse(Read("/proc/sys/net/core/somaxconn"), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
        return Check("somaxconn", backlog >= BacklogMin, backlog.ToString(CultureInfo.InvariantCulture), $"connections that wait for a machine to start are bounded by it: sysctl -w net.core.somaxconn={BacklogMin * 4}", CheckResult.Warning);
    }

    /// <summary>Docker sets the policy of the chain FORWARD to DROP; then what machines send outside is dropped.</summary>
    private static async Task<DoctorCheck> DockerForwardAsync(CancellationToken cancellation)
    {
        const string Name = "forward policy";
        if (Which("nft") is not { } nft)
        {
            return Check(Name, good: false, "nft is not installed", "apt install nftables", CheckResult.Warning);
        }

        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(ToolWait);
        using var process = Process.Start(new ProcessStartInfo(nft, ["list", "chains"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(limited.Token).ConfigureAwait(false);
        await process.WaitForExitAsync(limited.Token).ConfigureAwait(false);
        bool drops = output.Split('\n').Any(line => line.Contains("hook forward", StringComparison.Ordinal) && line.Contains("policy drop", StringComparison.Ordinal));
        return Check(Name, !drops, drops ? "a forward chain drops by default (Docker does so)" : "no forward chain drops by default", "let machines out: iptables -I DOCKER-USER -i 'fg+' -j ACCEPT && iptables -I DOCKER-USER -o 'fg+' -j ACCEPT", CheckResult.Warning);
    }

    private static DoctorCheck Firewall()
    {
        bool on = (Read("/etc/ufw/ufw.conf") ?? string.Empty).Split('\n').Any(line => line.Trim().Equals("ENABLED=yes", StringComparison.OrdinalIgnoreCase));
        return Check("ufw", !on, on ? "enabled" : "not enabled", "let machines through: ufw route allow in on fg+ && ufw route allow out on fg+", CheckResult.Warning);
    }
}
