using System.Diagnostics;
using Figment.Images.Tests.Support;

namespace Figment.EndToEnd.Tests;

/// <summary>A real dockerd on the same node, in a network namespace that both share, with another host behind its one link.</summary>
public sealed class DockerTests : IDisposable
{
    private const string NodeAddress = "198.51.100.1";
    private const string OutsideAddress = "198.51.100.2";

    private const string Compose = """
        services:
          web:
            command: busybox httpd -f -p 80 -h /etc
            ports: ["8080:80"]
            x-figment: { root: host }
          shell:
            command: sleep 1000000
            x-figment: { root: host }
        """;

    private readonly string _tag = $"e2e{Environment.ProcessId}";
    private readonly FigmentNode _node;
    private readonly string _folder;
    private Process? _dockerd;
    private Process? _server;

    public DockerTests()
    {
        _node = new FigmentNode { Prefix = In("node") };
        _folder = _node.Folder("docker");
        Tool.Run("sh", "-euc", $"""
            ip netns add {_tag}node; ip netns add {_tag}out
            ip -n {_tag}node link set lo up; ip -n {_tag}out link set lo up
            ip -n {_tag}node link add lan0 type veth peer name lan0 netns {_tag}out
            ip -n {_tag}node address add {NodeAddress}/24 dev lan0; ip -n {_tag}node link set lan0 up
            ip -n {_tag}out address add {OutsideAddress}/24 dev lan0; ip -n {_tag}out link set lan0 up
            ip -n {_tag}node route add default via {OutsideAddress}
            nsenter --net=/run/netns/{_tag}node sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
            """);
    }

    public void Dispose()
    {
        End(_server);
        End(_dockerd);
        Tool.Run("sh", "-c", $"grep -o '{_folder}[^ ]*' /proc/self/mounts | sort -r | xargs -r umount -l");
        _node.Dispose();
        Tool.Run("sh", "-c", $"ip netns del {_tag}node; ip netns del {_tag}out");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_application_and_Docker_stay_whole_beside_each_other(bool dockerIsFirst)
    {
        _server = Process.Start(new ProcessStartInfo("nsenter", [.. In("out")[1..], "busybox", "httpd", "-f", "-p", "443", "-h", "/etc"]))!;
        if (dockerIsFirst)
        {
            StartDocker();
            Assert.Contains("-P FORWARD DROP", InNode("iptables", "-S"), StringComparison.Ordinal);
        }

        _node.Up("shop", Compose);
        AssertServes("at first", 8080);
        AssertReachesOutside("at first");
        if (!dockerIsFirst)
        {
            StartDocker();

            // Docker sets it where it was who turned forwarding on; ufw sets it always.
            InNode("iptables", "-P", "FORWARD", "DROP");
        }

        AssertReachesOutside("beside Docker");
        AssertServes("beside Docker", 8080);
        AssertServes("Docker's container", 9090);

        _node.Down("shop");

        Assert.DoesNotContain("figment", InNode("iptables", "-S"), StringComparison.Ordinal);
        AssertServes("Docker's container after down", 9090);
    }

    private string[] In(string where) => ["nsenter", $"--net=/run/netns/{_tag}{where}"];

    private string InNode(params string[] words) => Tool.Run("nsenter", [.. In("node")[1..], .. words]);

    /// <summary>Asked by the host outside.</summary>
    private void AssertServes(string phase, int port) => FigmentNode.Eventually($"{phase}: {port} answers", () =>
    {
        var (code, _, errors) = Tool.Try("nsenter", [.. In("out")[1..], "curl", "-sS", "--max-time", "2", $"http://{NodeAddress}:{port}/hostname"]);
        return code == 0 ? null : errors;
    });

    private void AssertReachesOutside(string phase) => FigmentNode.Eventually($"{phase}: a machine reaches {OutsideAddress}", () =>
    {
        var result = _node.Try("exec", "-T", "-p", "shop", "shell-1", "curl", "-sS", "--max-time", "2", "-o", "/dev/null", $"http://{OutsideAddress}:443/hostname");
        return result.Code == 0 ? null : result.Errors;
    });

    private void StartDocker()
    {
        string log = Path.Combine(_folder, "log");
        string socket = Path.Combine(_folder, "docker.sock");
        string dockerd = $"dockerd --data-root {_folder}/data --exec-root {_folder}/exec --pidfile {_folder}/pid -H unix://{socket} --userland-proxy=false";
        _dockerd = Process.Start(new ProcessStartInfo("sh", ["-c", $"PATH=$PATH:/usr/sbin exec {string.Join(' ', In("node"))} {dockerd} </dev/null >{log} 2>&1"]))!;
        FigmentNode.Eventually("dockerd answers", () => Tool.Try("docker", ["-H", "unix://" + socket, "version"]).Code == 0 ? null : File.ReadAllText(log), seconds: 60);
        Tool.Run("sh", "-euc", $"""
            mkdir -p {_folder}/tree/bin {_folder}/tree/etc
            cp /bin/busybox {_folder}/tree/bin/; echo docker >{_folder}/tree/etc/hostname
            tar -C {_folder}/tree -c . | docker -H unix://{socket} import - busybox
            docker -H unix://{socket} run -d -p 9090:80 busybox /bin/busybox httpd -f -p 80 -h /etc
            """);
    }

    private static void End(Process? process)
    {
        if (process is not null)
        {
            Tool.Run("kill", "-TERM", $"{process.Id}");
            process.WaitForExit();
            process.Dispose();
        }
    }
}
