using System.Diagnostics;
using System.Globalization;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Sides;

/// <summary>
/// The peer: a dockerd of the run's own, with its own data, sockets and network namespace, so that neither the node's firewall nor a Docker of the node's notices.
/// Its one image holds the node's own programs.
/// </summary>
internal sealed class DockerDaemon : IAsyncDisposable
{
    public const string Image = "bench";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(60);

    private readonly string _folder = BenchFolder.Make("docker");
    private Process? _daemon;

    public static string NetworkNamespace => BenchFolder.Tag + "-docker";

    /// <summary>The client's words with which each command begins.</summary>
    public IReadOnlyList<string> Words => ["docker", "-H", Endpoint];

    public string Endpoint => "unix://" + Path.Combine(_folder, "docker.sock");

    public static bool IsInstalled() => Environment.GetEnvironmentVariable("PATH")!.Split(':').Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, "dockerd")));

    public static async Task<DockerDaemon> StartAsync(CancellationToken cancellation)
    {
        var docker = new DockerDaemon();
        try
        {
            await docker.OpenAsync(cancellation);
            await docker.ImportAsync(cancellation);
            return docker;
        }
        catch
        {
            await docker.DisposeAsync();
            throw;
        }
    }

    public Task<string> RunAsync(CancellationToken cancellation, params string[] words) => Command.CheckedAsync([.. Words, .. words], null, cancellation);

    /// <summary>Process ids of the shims of this daemon's containers.</summary>
    public IReadOnlyList<int> Shims()
        => [.. ProcessFiles.Named("containerd-shim").Where(pid => ProcessFiles.CommandLine(pid).Contains(_folder, StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null)
        {
            await Command.RunAsync(["kill", "-TERM", _daemon.Id.ToString(CultureInfo.InvariantCulture)], null, CancellationToken.None);
            using var limit = new CancellationTokenSource(EndLimit);
            await _daemon.WaitForExitAsync(limit.Token);
            _daemon.Dispose();
        }

        // What dockerd left mounted (namespaces of containers) lies below the folder.
        await Command.RunAsync(["sh", "-c", $"grep -o '{_folder}[^ ]*' /proc/self/mounts | sort -r | xargs -r umount -l; ip netns del {NetworkNamespace}; rm -rf {_folder}"], null, CancellationToken.None);
    }

    private string LogFile => Path.Combine(_folder, "log");

    private async Task OpenAsync(CancellationToken cancellation)
    {
        await Command.CheckedAsync(["sh", "-euc", $"ip netns add {NetworkNamespace}; ip -n {NetworkNamespace} link set lo up"], null, cancellation);
        // nsenter, not `ip netns exec`: that would hide the cgroups by mounting /sys anew.
        string[] words =
        [
            "nsenter", $"--net=/run/netns/{NetworkNamespace}", "dockerd", "--data-root", Path.Combine(_folder, "data"), "--exec-root", Path.Combine(_folder, "exec"),
            "--pidfile", Path.Combine(_folder, "pid"), "-H", Endpoint, "--bridge", "none", "--userland-proxy=false",
        ];
        _daemon = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec {Command.Quote(words)} </dev/null >{Command.Quote(LogFile)} 2>&1"]))!;
        await Deadline.UntilAsync(
            StartLimit,
            () => $"dockerd answers\n{File.ReadAllText(LogFile)}",
            async () => (await Command.RunAsync([.. Words, "version"], null, cancellation)).ExitCode == 0,
            cancellation);
    }

    private async Task ImportAsync(CancellationToken cancellation)
    {
        string tree = Path.Combine(_folder, "tree");
        string[] programs = ["memcached", "redis-server", "nginx", "node", "iperf3", "busybox", "taskset"];
        await Command.CheckedAsync([Path.Combine(BenchProgram.FilesFolder, "make-tree.sh"), tree, BenchProgram.FilesFolder, .. programs], null, cancellation);
        await Command.CheckedAsync(["sh", "-euc", $"tar -C {tree} -c . | {Command.Quote(Words)} import - {Image}"], null, cancellation);
    }
}
