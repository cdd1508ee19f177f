using System.Diagnostics;
using System.Text;
using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Ensembles;

/// <summary>
/// The first member is a virtual machine (QEMU without KVM, Debian's kernel, nothing else in it than the member), the others are plain processes in network namespaces. All on one bridge.
/// What is killed is the virtual machine; a fresh one, with nothing on it, is started at once.
/// </summary>
internal sealed class GuestEnsemble : IEnsemble
{
    private const string Client = "client";
    private const string Tap = "tap0";
    private readonly string _folder = BenchFolder.Make("guest");
    private readonly List<Process> _members = [];
    private Process? _guest;

    public string Name => "vm";

    public IReadOnlyList<string> Members { get; } = ["10.215.0.2", "10.215.0.3", "10.215.0.4"];

    private static string BridgeNamespace => BenchFolder.Tag + "-gbr";

    private static string Kernel => Path.Combine(Repository.Root, "artifacts", "debian-kernel");

    private string Initramfs => Path.Combine(_folder, "initramfs");

    private string ConsoleFile => Path.Combine(_folder, "console");

    public async Task UpAsync(CancellationToken cancellation)
    {
        Directory.CreateDirectory(_folder);
        await Command.CheckedAsync([Path.Combine(Repository.Root, "tests", "Figment.EndToEnd.Tests", "Debian", "kernel.sh"), Kernel], null, cancellation);
        await Command.CheckedAsync([Path.Combine(EnsembleFiles.Folder, "initramfs.sh"), Kernel, Initramfs], null, cancellation);
        var script = new StringBuilder();
        void Line(FormattableString line) => script.Append(FormattableString.Invariant(line)).Append('\n');
        Line($"ip netns add {BridgeNamespace}");
        Line($"ip -n {BridgeNamespace} link add br0 type bridge");
        Line($"ip -n {BridgeNamespace} link set br0 up");
        Line($"ip -n {BridgeNamespace} tuntap add {Tap} mode tap");
        Line($"ip -n {BridgeNamespace} link set {Tap} master br0 up");
        foreach (var (name, address) in (IEnumerable<(string, string)>)[(EnsembleFiles.Services[1], Members[1]), (EnsembleFiles.Services[2], Members[2]), (Client, "10.215.0.100")])
        {
            Line($"ip netns add {Namespace(name)}");
            Line($"ip -n {BridgeNamespace} link add v{name} type veth peer name eth0 netns {Namespace(name)}");
            Line($"ip -n {BridgeNamespace} link set v{name} master br0 up");
            Line($"ip -n {Namespace(name)} link set lo up");
            Line($"ip -n {Namespace(name)} addr add {address}/24 dev eth0");
            Line($"ip -n {Namespace(name)} link set eth0 up");
            // An address that does not answer yet is asked for once a second by default: everybody would see the guest up to a second too late.
            Line($"nsenter --net=/run/netns/{Namespace(name)} sh -c 'echo 5 > /proc/sys/net/ipv4/neigh/eth0/retrans_time_ms'");
        }

        await Command.CheckedAsync(["sh", "-euc", script.ToString()], null, cancellation);
        Boot();
        for (int number = 2; number <= EnsembleFiles.Services.Count; number++)
        {
            string name = EnsembleFiles.Services[number - 1];
            string[] words = ["nsenter", $"--net=/run/netns/{Namespace(name)}", "env", $"DATA={Path.Combine(_folder, name)}", EnsembleFiles.Member, FormattableString.Invariant($"{number}"), .. Members];
            _members.Add(Start(words, Path.Combine(_folder, name + ".log")));
        }
    }

    public IReadOnlyList<string> Inside(IReadOnlyList<string> command) => ["nsenter", $"--net=/run/netns/{Namespace(Client)}", .. command];

    public async Task KillAsync(CancellationToken cancellation)
    {
        _guest!.Kill();
        await _guest.WaitForExitAsync(cancellation);
        _guest.Dispose();
        Boot();
    }

    public async Task DownAsync(CancellationToken cancellation)
    {
        foreach (Process process in _guest is null ? _members : [.. _members, _guest])
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(cancellation);
            process.Dispose();
        }

        _guest = null;
        _members.Clear();
        string[] namespaces = [BridgeNamespace, .. EnsembleFiles.Services.Skip(1).Append(Client).Select(Namespace)];
        await Command.CheckedAsync(["sh", "-c", string.Join('\n', namespaces.Select(name => $"ip netns del {name} 2>/dev/null || :"))], null, cancellation);
        Directory.Delete(_folder, recursive: true);
    }

    private static string Namespace(string name) => $"{BenchFolder.Tag}-g-{name}";

    private static Process Start(IReadOnlyList<string> words, string log) =>
        Process.Start(new ProcessStartInfo("sh", ["-c", $"exec {Command.Quote(words)} </dev/null >{Command.Quote(log)} 2>&1"]))!;

    private void Boot()
    {
        string kernel = string.Join(' ', "console=ttyS0", "quiet", $"bench.kernel={Kernel}", $"bench.address={Members[0]}", $"bench.member={EnsembleFiles.Member}", $"bench.hosts={string.Join(',', Members)}");
        string[] words =
        [
            "nsenter", $"--net=/run/netns/{BridgeNamespace}", "qemu-system-x86_64",
            "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024", "-nodefaults", "-no-reboot", "-display", "none",
            "-kernel", Path.Combine(Kernel, "vmlinuz"), "-initrd", Initramfs, "-append", kernel,
            "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
            "-netdev", $"tap,id=net,ifname={Tap},script=no,downscript=no", "-device", "virtio-net-pci,netdev=net", "-serial", $"file:{ConsoleFile}",
        ];
        _guest = Start(words, Path.Combine(_folder, "qemu.log"));
    }
}
