using System.Text.Json;
using System.Text.Json.Nodes;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Sides;

/// <summary>What runc takes: a root over the node's own programs, and the configuration of a program in it.</summary>
internal static class RuncBundle
{
    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true };
    private static readonly string[] Folders = ["usr", "etc", "proc", "sys", "dev", "tmp", "run", "var", "root", "opt"];
    private static readonly string[] Links = ["bin", "lib", "lib64", "sbin"];
    private static readonly string[] Namespaces = ["pid", "ipc", "uts", "mount"];
    private static readonly string[] Capabilities = ["CAP_CHOWN", "CAP_SETGID", "CAP_SETUID", "CAP_NET_BIND_SERVICE", "CAP_KILL", "CAP_DAC_OVERRIDE"];

    /// <summary>Words that run it; it takes CRIU from the path.</summary>
    public static IReadOnlyList<string> Runc => ["env", $"PATH={Path.Combine(Repository.Root, "artifacts", "figment", "criu")}:{Environment.GetEnvironmentVariable("PATH")}", "runc"];

    /// <param name="folder">Is made.</param>
    /// <param name="program">What it runs.</param>
    /// <param name="network">The file of its network namespace.</param>
    /// <param name="criuOptions">A line each.</param>
    public static void Make(string folder, BenchProgram program, string network, string criuOptions)
    {
        string root = Path.Combine(folder, "rootfs");
        foreach (string name in Folders)
        {
            Directory.CreateDirectory(Path.Combine(root, name));
        }

        foreach (string link in Links.Where(link => !Path.Exists(Path.Combine(root, link))))
        {
            File.CreateSymbolicLink(Path.Combine(root, link), "usr/" + link);
        }

        string criuConfiguration = Path.Combine(folder, "criu.conf");
        File.WriteAllText(criuConfiguration, criuOptions + '\n');
        File.WriteAllText(Path.Combine(folder, "config.json"), Config(program, network, criuConfiguration).ToJsonString(s_options));
    }

    private static JsonObject Config(BenchProgram program, string network, string criuConfiguration)
    {
        static JsonObject Mount(string destination, string type, string source, params string[] options) =>
            new() { ["destination"] = destination, ["type"] = type, ["source"] = source, ["options"] = new JsonArray([.. options.Select(option => (JsonNode)option)]) };
        static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];
        JsonArray namespaces = [.. Namespaces.Select(type => (JsonNode)new JsonObject { ["type"] = type })];
        namespaces.Add(new JsonObject { ["type"] = "network", ["path"] = network });
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
            ["annotations"] = new JsonObject { ["org.criu.config"] = criuConfiguration },
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
