using System.Diagnostics;
using System.Text.Json;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>Machines that begin from a snapshot of the first of their service. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class WarmStartTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Slow to begin with; tells each client its host's name, a number that it drew when it began, one that it draws now, and what machine it is said to be.</summary>
    private const string Server = """
        import json, os, socket, time
        time.sleep(2)
        drawn = os.urandom(4).hex()
        s = socket.create_server((socket.gethostbyname(socket.gethostname()), 7000))
        while True:
            c, _ = s.accept()
            with c, c.makefile() as f:
                while f.readline():
                    with open('/run/figment/machine.json') as m: me = json.load(m)
                    c.sendall((' '.join([socket.gethostname(), drawn, os.urandom(4).hex(), me['machine'], me['from'], s.getsockname()[0]]) + '\n').encode())
        """;

    private const string Look = """
          look:
            command: sleep infinity
            stop_grace_period: 100ms
            x-figment: { root: host, start: eager, idle: { freeze-after: never } }
        """;

    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void Replicas_begin_from_the_snapshot_of_the_first_with_names_and_addresses_of_their_own()
    {
        Up("twins", Python("deploy: { replicas: 3 }"));
        string[] first = Ask("twins", "work-1");
        Assert.Equal(("work-1", "work-1", "image"), (first[0], first[3], first[4]));
        AwaitSnapshot("twins");

        string[][] others = [Ask("twins", "work-2"), Ask("twins", "work-3")];
        Assert.Equal(["work-2", "work-3"], others.Select(answer => answer[0]));
        Assert.Equal(["work-2", "work-3"], others.Select(answer => answer[3]));
        Assert.All(others, answer => Assert.Equal((first[1], "snapshot"), (answer[1], answer[4])));
        Assert.Equal(3, others.Append(first).Select(answer => answer[2]).Distinct().Count());
        Assert.Equal(["work-1", "work-2", "work-3"], others.Append(first).Select(answer => _node.Machines("twins").Single(machine => machine.Addresses[0].Value == answer[5]).Machine).Order());
        Assert.True(_node.Machine("twins", "work-2").FromSnapshot);
        Assert.Matches("work-2 .* running \\(from snapshot\\)|work-2 .* frozen", _node.Run("ps", "-p", "twins"));
        Assert.Contains(", from a snapshot of its kind", _node.Run("why", "-p", "twins", "work-2"), StringComparison.Ordinal);

        // The first one too, when it starts again.
        _node.Run("restart", "-p", "twins", "work-1");
        string[] again = Ask("twins", "work-1");
        Assert.Equal((first[0], first[1], "snapshot"), (again[0], again[1], again[4]));
        Assert.Equal("refused\nwork-1\n", _node.Run("exec", "-T", "-p", "twins", "work-1", "sh", "-c", "echo > /run/figment/machine.json || echo refused; hostname"));

        _node.Down("twins");
        FigmentNode.Eventually("nothing is left of it", () => Directory.Exists(WarmIn("twins")) ? "its folder is there" : null);
    }

    [Fact]
    public void An_elastic_service_scales_out_from_it()
    {
        Up("spike", Python("", "elastic: { min: 0, max: 4, target: { connections: 1 } },"));
        Ask("spike", "work");
        AwaitSnapshot("spike");

        using var one = Hold("spike");
        using var two = Hold("spike");
        using var three = Hold("spike");

        FigmentNode.Eventually("more machines run", () => _node.Machines("spike").Count(machine => machine is { FromSnapshot: true, State: MachineState.Running }) >= 2 ? null : string.Join("; ", _node.Machines("spike").Select(machine => $"{machine.Machine} {machine.State}")));
    }

    [Fact]
    public void One_that_is_damaged_is_discarded_and_whoever_came_is_served_by_a_program_that_is_started()
    {
        Up("damaged", Python("deploy: { replicas: 2 }"));
        Ask("damaged", "work-1");
        AwaitSnapshot("damaged");
        string snapshot = Assert.Single(Snapshots("damaged"));
        using (var file = File.OpenWrite(Directory.GetFiles(snapshot, "pages-*.img").Order(StringComparer.Ordinal).First()))
        {
            file.SetLength(file.Length - 1);
        }

        // The client that wakes it is served.
        string[] answer = Ask("damaged", "work-2");

        Assert.Equal(("work-2", "image"), (answer[0], answer[4]));
        Assert.False(_node.Machine("damaged", "work-2").FromSnapshot);
        string why = _node.Run("why", "-p", "damaged", "work-2");
        Assert.Contains("it did not begin from the snapshot of its kind, which is discarded", why, StringComparison.Ordinal);
        Assert.Contains("there is no snapshot of its kind to begin from: work-2 did not begin from it", why, StringComparison.Ordinal);
        FigmentNode.Eventually("it is discarded", () => Snapshots("damaged").Length == 0 ? null : "it is there");
    }

    /// <summary>What a restore finds out only when it is half through: it is whole to look at.</summary>
    [Fact]
    public void One_that_fails_in_the_middle_costs_its_client_nothing_but_time()
    {
        Up("broken", Python("deploy: { replicas: 2 }"));
        Ask("broken", "work-1");
        AwaitSnapshot("broken");
        string image = Directory.GetFiles(Assert.Single(Snapshots("broken")), "mm-*.img").Order(StringComparer.Ordinal).First();
        byte[] bytes = File.ReadAllBytes(image);
        Array.Fill(bytes, (byte)0xff, bytes.Length / 2, bytes.Length / 2);
        File.WriteAllBytes(image, bytes);

        Assert.Equal("work-2", Ask("broken", "work-2")[0]);
        Assert.Contains("it did not begin from the snapshot of its kind", _node.Run("why", "-p", "broken", "work-2"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_taken_is_said_by_name()
    {
        _node.Up("terminal", """
            services:
              a:
                command: cat
                tty: true
                x-figment: { root: host, start: eager, from: snapshot, idle: { freeze-after: 500ms } }
            """);
        FigmentNode.Eventually("it says why", () => _node.Machine("terminal", "a-1").NoSnapshot?.Contains("its program has a terminal", StringComparison.Ordinal) == true ? null : "not yet");
        Assert.Contains("there is no snapshot of its kind to begin from: it could not be taken of a-1: its program has a terminal", _node.Run("why", "-p", "terminal", "a-1"), StringComparison.Ordinal);
        FigmentNode.Eventually("it is frozen all the same", () => _node.Machine("terminal", "a-1").State == MachineState.Frozen ? null : "not yet");

        string refused = _node.FailingUp("volume", """
            services:
              a: { command: cat, volumes: ["data:/data"], x-figment: { root: host, from: snapshot } }
            volumes: { data: {} }
            """);
        Assert.Contains("which does not hold what is in /data", refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_specification_has_another_snapshot()
    {
        Up("changed", Python("deploy: { replicas: 2 }"));
        string[] first = Ask("changed", "work-1");
        AwaitSnapshot("changed");
        string before = Assert.Single(Snapshots("changed"));

        Up("changed", Python("deploy: { replicas: 2 }\n    environment: { NEW: value }"));

        FigmentNode.Eventually("the former one is gone", () => Directory.Exists(before) ? "it is there" : null);
        string[] second = Ask("changed", "work-1");
        Assert.Equal("image", second[4]);
        Assert.NotEqual(first[1], second[1]);
        AwaitSnapshot("changed");
        Assert.Equal((second[1], "snapshot"), (Ask("changed", "work-2") is var other ? other[1] : "", other[4]));
    }

    [Fact]
    public void A_keeper_that_is_killed_while_it_is_made_finds_it_or_makes_another()
    {
        Up("keeperless", Python("deploy: { replicas: 2 }"));
        Ask("keeperless", "work-1");
        FigmentNode.Eventually("it is being made", () => Directory.Exists(WarmIn("keeperless")) && Directory.GetDirectories(WarmIn("keeperless")).Length > 0 ? null : "not yet");
        using (var keeper = Process.GetProcessById(Assert.Single(_node.Processes("figment-keeper"))))
        {
            keeper.Kill();
            keeper.WaitForExit();
        }

        AwaitSnapshot("keeperless");
        FigmentNode.Eventually("the next keeper serves", () => _node.Processes("figment-keeper").Count == 1 && _node.Machine("keeperless", "work-1").State is MachineState.Running or MachineState.Frozen ? null : "not yet");
        Assert.Equal("snapshot", Ask("keeperless", "work-2")[4]);

        // And a keeper after it knows how it began.
        using (var keeper = Process.GetProcessById(Assert.Single(_node.Processes("figment-keeper"))))
        {
            keeper.Kill();
            keeper.WaitForExit();
        }

        FigmentNode.Eventually("the next keeper knows", () => _node.Processes("figment-keeper").Count == 1 && _node.Machine("keeperless", "work-2").FromSnapshot ? null : $"{_node.Machine("keeperless", "work-2")}");
    }

    [Theory]
    [InlineData("redis", "redis-server --save '' --protected-mode no --dir /tmp", 6379)]
    [InlineData("node", """["node", "-e", "const c = require('crypto'), net = require('net'); net.createServer(s => s.on('data', () => s.write(require('os').hostname() + ' ' + c.randomUUID() + ' ' + c.randomBytes(8).toString('hex') + '\\n'))).listen(7000, '0.0.0.0')"]""", 7000)]
    [InlineData("java", """["java", "-Xshare:auto", "/srv/java/Answer.java"]""", 7000)]
    public void Servers_as_Debian_has_them_begin_from_it(string name, string command, int port)
    {
        string java = _node.Folder("java");
        File.WriteAllText(Path.Combine(java, "Answer.java"), """
            import java.io.*;
            import java.net.*;
            import java.nio.file.*;
            import java.security.SecureRandom;

            public class Answer {
                public static void main(String[] words) throws Exception {
                    SecureRandom random = new SecureRandom();
                    try (ServerSocket server = new ServerSocket(7000)) {
                        while (true) {
                            try (Socket client = server.accept()) {
                                BufferedReader in = new BufferedReader(new InputStreamReader(client.getInputStream()));
                                while (in.readLine() != null) {
                                    client.getOutputStream().write((Files.readString(Path.of("/proc/sys/kernel/hostname")).trim() + " " + random.nextLong() + "\n").getBytes());
                                }
                            }
                        }
                    }
                }
            }
            """);
        _node.Up(name, $$"""
            services:
              work:
                command: {{command}}
                deploy: { replicas: 3 }
                expose: [{{port}}]
                volumes: ["{{java}}:/srv/java:ro"]
                x-figment: { root: host, from: snapshot, idle: { freeze-after: 1s } }
            {{Look}}
            """);
        string cold = Say(name, "work-1", port);
        AwaitSnapshot(name);
        string[] warm = [Say(name, "work-2", port), Say(name, "work-3", port)];

        Assert.All(["work-2", "work-3"], machine => Assert.True(_node.Machine(name, machine).FromSnapshot));
        output.WriteLine($"{name}: from its program {cold}, from a snapshot {string.Join(", ", warm)}; {Ready(name, "work-1")}; {Ready(name, "work-2")}");
        if (name != "redis")
        {
            Assert.Equal(["work-1", "work-2", "work-3"], warm.Prepend(cold).Select(answer => answer.Split(' ')[2]));
        }

        if (name == "java")
        {
            Assert.Equal(3, warm.Prepend(cold).Select(answer => answer.Split(' ')[3]).Distinct().Count());
        }
    }

    private static string Python(string more, string figment = "") => $$"""
        services:
          work:
            command: ["/usr/bin/python3", "-uc", {{JsonSerializer.Serialize(Server)}}]
            expose: [7000]
            {{more}}
            x-figment: { root: host, from: snapshot, {{figment}} idle: { freeze-after: 500ms } }
        {{Look}}
        """;

    private void Up(string application, string compose) => _node.Up(application, compose);

    /// <summary>From within the application.</summary>
    private string[] Ask(string application, string machine) =>
        _node.Run("exec", "-T", "-p", application, "look-1", "python3", "-c", $"import socket; c = socket.create_connection(('{machine}', 7000), 60); c.sendall(b'who\\n'); print(c.makefile().readline())").Trim().Split(' ');

    /// <summary>Asks for 20 s on one connection, often enough that its machine is never at rest.</summary>
    private Process Hold(string application) =>
        _node.Start("exec", "-T", "-p", application, "look-1", "python3", "-c", """
            import socket, time
            c = socket.create_connection(('work', 7000), 60)
            f = c.makefile()
            for _ in range(200):
                c.sendall(b'who\n')
                f.readline()
                time.sleep(0.1)
            """);

    private string WarmIn(string application) => Path.Combine(_node.StateDirectory, "apps", application, "warm");

    private string[] Snapshots(string application) =>
        Directory.Exists(WarmIn(application)) ? [.. Directory.GetDirectories(WarmIn(application)).Where(kind => !kind.EndsWith(".removed", StringComparison.Ordinal)).SelectMany(Directory.GetDirectories).Where(folder => !folder.EndsWith(".new", StringComparison.Ordinal))] : [];

    private void AwaitSnapshot(string application) =>
        FigmentNode.Eventually("there is a snapshot", () => Snapshots(application).Length > 0 ? null : string.Join("; ", _node.Machines(application).Select(machine => $"{machine.Machine} {machine.State} {machine.NoSnapshot}{machine.NotIdle}")), seconds: 60);

    /// <summary>How long it took, in milliseconds, and the answer.</summary>
    private string Say(string application, string machine, int port) =>
        _node.Run("exec", "-T", "-p", application, "look-1", "python3", "-c", $"import socket, time; b = time.monotonic(); c = socket.create_connection(('{machine}', {port}), 60); c.sendall(b'PING\\r\\n'); a = c.makefile().readline(); print(round((time.monotonic() - b) * 1000), 'ms', a)").Trim();

    private string Ready(string application, string machine) => _node.Run("why", "-p", application, machine).Split('\n').First(line => line.Contains("ready after", StringComparison.Ordinal));
}
