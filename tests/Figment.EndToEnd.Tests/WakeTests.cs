using System.Net;
using System.Net.Sockets;
using System.Text;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>From nothing to an answer, with programs that know nothing of it.</summary>
public sealed class WakeTests : IDisposable
{
    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task The_first_connection_makes_exactly_the_machine_real_that_it_names()
    {
        int port = Client.FreePort();
        _node.Up("wake", $$"""
            services:
              redis:
                command: redis-server --save "" --protected-mode no
                ports: ["{{port}}:6379"]
                x-figment: { root: host }
              idle:
                command: memcached -u nobody
                expose: ["11211"]
                x-figment: { root: host }
            """);
        Assert.All(_node.Machines("wake"), machine => Assert.Equal(MachineState.Imaginary, machine.State));
        Assert.Empty(_node.Processes("figment-box"));

        Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));

        Assert.Equal(MachineState.Running, _node.Machine("wake", "redis-1").State);
        Assert.Equal(MachineState.Imaginary, _node.Machine("wake", "idle-1").State);
        Assert.Equal(SignalKind.Connection, _node.Machine("wake", "redis-1").Cause!.Kind);
        Assert.Contains("6379/tcp", _node.Run("why", "-p", "wake", "redis-1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_a_machine_runs_a_box_is_ready_for_the_next_and_when_none_runs_there_is_none()
    {
        int first = Client.FreePort();
        int second = Client.FreePort();
        _node.Up("ready", $$"""
            services:
              a:
                command: redis-server --save "" --protected-mode no
                ports: ["{{first}}:6379"]
                x-figment: { root: host }
              b:
                command: redis-server --save "" --protected-mode no
                ports: ["{{second}}:6379"]
                x-figment: { root: host }
            """);
        Assert.Equal("+PONG", await Client.AskAsync(first, "PING"));
        int own = _node.BoxOf("ready", "a-1");
        FigmentNode.Eventually("another box is ready", () => _node.Processes("figment-box").Count == 2 ? null : "not yet");
        int ready = _node.Processes("figment-box").Single(pid => pid != own);

        Assert.Equal("+PONG", await Client.AskAsync(second, "PING"));
        Assert.Equal(ready, _node.BoxOf("ready", "b-1"));

        _node.Run("stop", "--to-imaginary", "-p", "ready", "a-1", "b-1");
        FigmentNode.Eventually("no box is left", () => _node.Processes("figment-box") is { Count: > 0 } left ? $"{left.Count} are left" : null);
    }

    [Fact]
    public async Task What_one_machine_of_a_service_teaches_resets_no_client_of_another()
    {
        _node.Up("many", """
            services:
              web:
                command: busybox httpd -f -p 8080 -h /usr/share
                expose: ["8080"]
                deploy: { replicas: 40 }
                x-figment: { root: host }
            """);

        // busybox binds one socket for both families: the first of them to listen is who finds that out.
        string[] answers = await Task.WhenAll(_node.Machines("many").Select(machine => Client.AskAsync(IPAddress.Parse(machine.Addresses[0].Value), 8080, "GET / HTTP/1.0\r\n")));

        Assert.Equal(40, answers.Count(answer => answer.StartsWith("HTTP/1.1 404", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Down_leaves_neither_links_nor_rules_nor_mounts_nor_control_groups()
    {
        string before = Traces();
        int port = Client.FreePort();
        _node.Up("gone", $$"""
            services:
              redis:
                command: redis-server --save "" --protected-mode no
                ports: ["{{port}}:6379"]
                x-figment: { root: host }
            """);
        Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));
        Assert.NotEqual(before, Traces());

        _node.Down("gone");

        Assert.Equal(before, Traces());
    }

    [Fact]
    public async Task A_machine_that_another_connects_to_wakes_and_why_names_the_caller()
    {
        int port = Client.FreePort();
        _node.Up("chain", $$"""
            services:
              front:
                command: socat TCP-LISTEN:80,fork,reuseaddr TCP:redis:6379
                ports: ["{{port}}:80"]
                x-figment: { root: host }
              redis:
                command: redis-server --save "" --protected-mode no
                expose: ["6379"]
                x-figment: { root: host }
            """);

        Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));

        var cause = _node.Machine("chain", "redis-1").Cause!;
        Assert.Equal(SignalKind.Connection, cause.Kind);
        Assert.Equal("front-1", cause.FromMachine);
        Assert.Contains("front-1", _node.Run("why", "-p", "chain", "redis-1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_nobody_knew_of_wakes_by_the_callers_connect()
    {
        int port = Client.FreePort();
        _node.Up("unknown", $$"""
            services:
              front:
                command: socat TCP-LISTEN:80,fork,reuseaddr TCP:hidden:7777
                ports: ["{{port}}:80"]
                x-figment: { root: host }
              hidden:
                command: redis-server --save "" --protected-mode no --port 7777
                x-figment: { root: host, start: on-demand }
            """);
        Assert.Equal(MachineState.Imaginary, _node.Machine("unknown", "hidden-1").State);

        Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));

        Assert.Contains(_node.Machine("unknown", "hidden-1").Ports, known => known.Port == 7777);
    }

    [Fact]
    public async Task The_first_datagram_wakes_and_is_answered()
    {
        int port = Client.FreePort();
        _node.Up("datagram", $$"""
            services:
              memcached:
                command: memcached -u nobody -U 11211
                ports: ["{{port}}:11211/udp"]
                x-figment: { root: host }
            """);
        using var socket = new UdpClient();
        socket.Connect(IPAddress.Loopback, port);
        byte[] request = [0, 1, 0, 0, 0, 1, 0, 0, .. "version\r\n"u8];

        await socket.SendAsync(request);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var answer = await socket.ReceiveAsync(timeout.Token);

        Assert.StartsWith("VERSION", Encoding.ASCII.GetString(answer.Buffer.AsSpan(8)), StringComparison.Ordinal);
        Assert.Equal(SignalKind.Datagram, _node.Machine("datagram", "memcached-1").Cause!.Kind);
    }

    [Fact]
    public async Task A_thousand_connections_that_wait_are_all_served()
    {
        _node.Up("crowd", """
            services:
              redis:
                command: sh -c 'sleep 2; exec redis-server --save "" --protected-mode no --tcp-backlog 16 --maxclients 4000'
                expose: ["6379"]
                x-figment: { root: host }
            """);
        var address = IPAddress.Parse(_node.Machine("crowd", "redis-1").Addresses[0].Value);

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => Client.AskAsync(address, 6379, "PING")));

        Assert.All(answers, answer => Assert.Equal("+PONG", answer));
    }

    [Fact]
    public async Task A_dual_stack_server_answers_the_connection_that_came_before_it()
    {
        int port = Client.FreePort();
        string program = Path.Combine(_node.StateDirectory, "dual.py");
        Directory.CreateDirectory(_node.StateDirectory);
        File.WriteAllText(program, """
            import socket
            s = socket.create_server(('', 9000), family=socket.AF_INET6, dualstack_ipv6=True)
            while True:
                c, peer = s.accept()
                line = c.recv(100)
                c.sendall(b'hello ' + peer[0].encode() + b'\r\n')
                c.close()
            """);
        _node.Up("dual", $$"""
            services:
              server:
                command: python3 /dual.py
                volumes: ["{{program}}:/dual.py:ro"]
                ports: ["{{port}}:9000"]
                x-figment: { root: host }
            """);

        Assert.StartsWith("hello ::ffff:", await Client.AskAsync(port, "hi"), StringComparison.Ordinal);

        // Learnt: the next start has a placeholder of the right kind and relays nothing.
        _node.Run("stop", "--to-imaginary", "-p", "dual", "server-1");
        Assert.StartsWith("hello ::ffff:", await Client.AskAsync(port, "hi"), StringComparison.Ordinal);
        Assert.Contains(_node.Machine("dual", "server-1").Ports, known => known is { Port: 9000, Family: Model.Launch.ListenFamily.DualStack });
    }

    /// <summary>What an application leaves in the kernel while it is up.</summary>
    private static string Traces() => string.Join(
        '\n',
        [
            .. Directory.GetDirectories("/sys/class/net").Select(Path.GetFileName).Where(name => name!.StartsWith("fg", StringComparison.Ordinal)).Order(),
            .. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains("netns", StringComparison.Ordinal)),
            .. Directory.GetDirectories("/sys/fs/cgroup", "figment", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }).SelectMany(folder => Directory.GetDirectories(folder)).Order(),
            NftTables(),
        ]);

    private static string NftTables()
    {
        using var nft = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("nft", ["list", "tables"]) { RedirectStandardOutput = true })!;
        string tables = nft.StandardOutput.ReadToEnd();
        nft.WaitForExit();
        Assert.Equal(0, nft.ExitCode);
        return tables;
    }
}
