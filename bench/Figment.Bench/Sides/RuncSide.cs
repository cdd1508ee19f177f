using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Sides;

/// <summary>A container of runc's that is checkpointed and restored with the same CRIU, in a network namespace of its own. Its client is a process there: no bridge lies between.</summary>
internal sealed class RuncSide : IAsyncDisposable
{
    private static readonly string[] Folders = ["usr", "etc", "proc", "sys", "dev", "tmp", "run", "var", "root", "opt"];
    private static readonly string[] Links = ["bin", "lib", "lib64", "sbin"];
    private readonly string _folder = BenchFolder.Make("runc");
    private static readonly string[] Namespaces = ["pid", "ipc", "uts", "mount"];
    private static readonly string[] Capabilities = ["CAP_CHOWN", "CAP_SETGID", "CAP_SETUID", "CAP_NET_BIND_SERVICE", "CAP_KILL", "CAP_DAC_OVERRIDE"];
    private Process? _program;

    private static string Name => BenchFolder.Tag + "-runc";

    private string Bundle => Path.Combine(_folder, "bundle");

    private string Image => Path.Combine(_folder, "image");

    public async Task UpAsync(BenchProgram program, CancellationToken cancellation)
    {
        await Command.CheckedAsync(["sh", "-euc", $"ip netns add {Name}; ip -n {Name} link set lo up"], null, cancellation);
        string root = Path.Combine(Bundle, "rootfs");
        foreach (string folder in Folders)
        {
            Directory.CreateDirectory(Path.Combine(root, folder));
        }

        foreach (string link in Links.Where(link => !Path.Exists(Path.Combine(root, link))))
        {
            File.CreateSymbolicLink(Path.Combine(root, link), "usr/" + link);
        }

        File.WriteAllText(Path.Combine(_folder, "criu.conf"), "network-lock skip\n");
        File.WriteAllText(Path.Combine(Bundle, "config.json"), Config(program).ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        Start(["run", "--bundle", Bundle, Name]);
        await Command.CheckedAsync(Inside(NativeSide.Burst("retry", program, ["127.0.0.1"])), null, cancellation);
        if (program.Filling is [var client, var option, .. var rest])
        {
            await Command.CheckedAsync(Inside([client, option, "127.0.0.1", .. rest]), null, cancellation);
        }
    }

    /// <summary>Checkpoints what runs, then from the restore's begin to the first byte of an answer.</summary>
    public async Task<double> WakeAsync(BenchProgram program, CancellationToken cancellation)
    {
        if (Directory.Exists(Image))
        {
            Directory.Delete(Image, recursive: true);
        }

        await Command.CheckedAsync(Words(["checkpoint", "--image-path", Image, "--tcp-established", "--file-locks", Name]), null, cancellation);
        await Ended();

        // The container has the command's streams: CRIU dumps only pipes, and whoever reads them would wait for its end.
        string restore = $"{{ : | {Command.Quote(Words(["restore", "-d", "--bundle", Bundle, "--image-path", Image, "--tcp-established", "--file-locks", Name]))} 2>&1 | cat; }} >{Command.Quote([Path.Combine(_folder, "log")])} 2>&1 &";
        return BenchFolder.ParseTime(await Command.CheckedAsync(
            Inside([BenchFolder.ProbeProgram, "probe", "spawn", "easy", "127.0.0.1", FormattableString.Invariant($"{program.Port}"), program.Request, "sh", "-c", restore]),
            null,
            cancellation));
    }

    /// <summary>It goes on.</summary>
    public async Task CheckpointAsync(CancellationToken cancellation)
    {
        if (Directory.Exists(Image))
        {
            Directory.Delete(Image, recursive: true);
        }

        await Command.CheckedAsync(Words(["checkpoint", "--leave-running", "--image-path", Image, "--tcp-established", "--file-locks", Name]), null, cancellation);
    }

    public async Task DownAsync(CancellationToken cancellation)
    {
        await Command.CheckedAsync(["sh", "-c", $"{Command.Quote(Words(["delete", "-f", Name]))} 2>/dev/null; ip netns del {Name} 2>/dev/null || :"], null, cancellation);
        await Ended();
        if (Directory.Exists(Bundle))
        {
            Directory.Delete(Bundle, recursive: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DownAsync(CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    public static IReadOnlyList<string> Inside(IReadOnlyList<string> command) => ["nsenter", $"--net=/run/netns/{Name}", .. command];

    /// <summary>runc takes CRIU from the path.</summary>
    private IReadOnlyList<string> Words(IReadOnlyList<string> arguments) =>
        ["env", $"PATH={Path.Combine(Repository.Root, "artifacts", "figment", "criu")}:{Environment.GetEnvironmentVariable("PATH")}", "runc", "--root", Path.Combine(_folder, "state"), .. arguments];

    private void Start(IReadOnlyList<string> arguments) =>
        _program = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec {Command.Quote(Words(arguments))} </dev/null >{Command.Quote([Path.Combine(_folder, "log")])} 2>&1"]))!;

    private async Task Ended()
    {
        if (_program is not null)
        {
            await _program.WaitForExitAsync();
            _program.Dispose();
            _program = null;
        }
    }

    private JsonObject Config(BenchProgram program)
    {
        static JsonObject Mount(string destination, string type, string source, params string[] options) =>
            new() { ["destination"] = destination, ["type"] = type, ["source"] = source, ["options"] = new JsonArray([.. options.Select(option => (JsonNode)option)]) };
        static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];
        JsonArray namespaces = [.. Namespaces.Select(type => (JsonNode)new JsonObject { ["type"] = type })];
        namespaces.Add(new JsonObject { ["type"] = "network", ["path"] = $"/run/netns/{Name}" });
        JsonArray mounts =
        [
            Mount("/proc", "proc", "proc"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "mode=755", "size=65536k"),
            Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777"),
            Mount("/usr", "bind", "/usr", "bind", "ro", "rprivate"),
            Mount("/etc", "bind", "/etc", "bind", "ro", "rprivate"),
            Mount("/tmp", "tmpfs", "tmpfs", "nosuid", "nodev", "mode=1777"),
            Mount("/run", "tmpfs", "tmpfs", "nosuid", "nodev", "mode=755"),
            Mount(BenchProgram.FilesFolder, "bind", BenchProgram.FilesFolder, "bind", "ro", "rprivate"),
        ];
        foreach (string folder in program.Command.Where(Directory.Exists))
        {
            mounts.Add(Mount(folder, "bind", folder, "bind", "ro", "rprivate"));
        }

        return new JsonObject
        {
            ["ociVersion"] = "1.0.2",
            ["root"] = new JsonObject { ["path"] = "rootfs" },
            ["annotations"] = new JsonObject { ["org.criu.config"] = Path.Combine(_folder, "criu.conf") },
            ["process"] = new JsonObject
            {
                ["user"] = new JsonObject { ["uid"] = 0, ["gid"] = 0 },
                ["args"] = Texts(program.Command),
                ["cwd"] = "/",
                ["env"] = Texts(["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/tmp"]),
                ["capabilities"] = new JsonObject { ["bounding"] = Texts(Capabilities), ["effective"] = Texts(Capabilities), ["permitted"] = Texts(Capabilities) },
            },
            ["mounts"] = mounts,
            ["linux"] = new JsonObject { ["namespaces"] = namespaces },
        };
    }
}
