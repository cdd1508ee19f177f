using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Figment.Linux.Balancing;
using Figment.Linux.Cgroups;

namespace Figment.Linux.Tests.Balancing;

/// <summary>Real programs in a real control group.</summary>
public sealed class ConnectBalancerTests : IDisposable
{
    private static readonly IPAddress Service = IPAddress.Parse("127.90.90.90");

    private readonly string _group = Path.Combine(CgroupLayout.Detect().Unified ?? throw new InvalidOperationException("these tests need the unified tree of control groups"), $"figment-balancer-test-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}");
    private readonly List<TcpListener> _servers = [];

    public void Dispose()
    {
        _servers.ForEach(server => server.Dispose());
        if (Directory.Exists(_group))
        {
            Directory.Delete(_group);
        }
    }

    [Theory]
    [InlineData("127.90.90.90")]
    [InlineData("::ffff:127.90.90.90")]
    public void Connections_to_an_address_go_to_those_it_stands_for_in_turn(string written)
    {
        using var balancer = ConnectBalancer.Attach(_group);
        int port = Listen("127.90.0.1", 0);
        Listen("127.90.0.2", port);
        balancer.Set(Service, [IPAddress.Parse("127.90.0.1"), IPAddress.Parse("127.90.0.2")]);

        Assert.Equal(["127.90.0.1", "127.90.0.1", "127.90.0.2", "127.90.0.2"], Connect(written, port, 4).Order());

        balancer.Set(Service, [IPAddress.Parse("127.90.0.2")]);
        Assert.Equal(["127.90.0.2", "127.90.0.2"], Connect(written, port, 2));

        // Others are not led anywhere, nor is anybody outside the group.
        Assert.Equal(["127.90.0.1"], Connect("127.90.0.1", port, 1));
        Assert.Equal(["refused"], Connect(written, port, 1, inside: false));
        balancer.Set(Service, []);
        Assert.Equal(["refused"], Connect(written, port, 1));
    }

    [Fact]
    public void Who_attaches_later_takes_the_place_and_one_that_is_disposed_goes_on()
    {
        int port = Listen("127.90.0.3", 0);
        Listen("127.90.0.4", port);
        using (var earlier = ConnectBalancer.Attach(_group))
        {
            earlier.Set(Service, [IPAddress.Parse("127.90.0.3")]);
        }

        Assert.Equal(["127.90.0.3"], Connect("127.90.90.90", port, 1));
        using var later = ConnectBalancer.Attach(_group);
        Assert.Equal(["refused"], Connect("127.90.90.90", port, 1));
        later.Set(Service, [IPAddress.Parse("127.90.0.4")]);
        Assert.Equal(["127.90.0.4"], Connect("127.90.90.90", port, 1));
        later.Remove(Service);
        Assert.Equal(["refused"], Connect("127.90.90.90", port, 1));
    }

    private int Listen(string address, int port)
    {
        var server = new TcpListener(IPAddress.Parse(address), port);
        server.Start();
        _servers.Add(server);
        return ((IPEndPoint)server.LocalEndpoint).Port;
    }

    /// <summary>Where each connection ended.</summary>
    private string[] Connect(string address, int port, int times, bool inside = true)
    {
        const string Program = """
            import socket, sys
            for _ in range(int(sys.argv[3])):
                family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
                with socket.socket(family, socket.SOCK_STREAM) as s:
                    try:
                        s.connect((sys.argv[1], int(sys.argv[2])))
                        print(s.getpeername()[0].replace("::ffff:", ""))
                    except ConnectionRefusedError:
                        print("refused")
            """;
        string join = inside ? $"echo $$ > {_group}/cgroup.procs && " : "";
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{join}exec /usr/bin/python3 -c \"$0\" \"$@\"", Program, address, $"{port}", $"{times}"]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
