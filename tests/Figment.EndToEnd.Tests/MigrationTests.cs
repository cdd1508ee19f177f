using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Figment.Images.Tests.Support;
using Figment.Linux.Mounts;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>Machines that move between nodes while somebody speaks to them.</summary>
public sealed class MigrationTests : IDisposable
{
    private const string Shop = """
        services:
          cache:
            x-figment: { root: host, idle: { freeze-after: 60s } }
            command: [redis-server, --save, "", --protected-mode, "no", --appendonly, "yes", --dir, /var/tmp]
            expose: ["6379"]
          web:
            x-figment: { root: host, idle: { freeze-after: 60s } }
            command: [python3, -m, http.server, "8080"]
            stop_grace_period: 100ms
            expose: ["8080"]
        """;

    private readonly NodePair _nodes = new();

    private FigmentNode A => _nodes.A;

    private FigmentNode B => _nodes.B;

    public void Dispose() => _nodes.Dispose();

    [Fact]
    public void A_machine_goes_to_another_node_and_comes_back_and_who_speaks_to_it_notices_a_pause()
    {
        A.Up("shop", Shop);
        A.Run("start", "-p", "shop", "cache-1", "web-1");
        using var counter = MachineCounter.Begin(A, "shop");

        var moved = A.Try("migrate", "-p", "shop", "cache-1", "b");
        Assert.True(moved.Code == 0, moved.Errors);
        Assert.Matches(@"cache-1  is at node b; .* in .* s, of which it stood still [1-9][0-9]* ms\n  preparing .* ms, copying .* ms, standing .* ms, dumping .* ms, holding .* ms, ruling .* ms, committed .* ms\n", moved.Output);
        Assert.Matches(@"cache-1  copying: round 1, .* of files, in .* ms.*; would stand still for some [1-9][0-9]* ms", moved.Errors);
        Assert.Matches(@"cache-1  copying: round [0-9]+, .* of memory, in .* ms \(.*/s\)", moved.Errors);
        Assert.Equal((MachineState.Elsewhere, "b"), (A.Machine("shop", "cache-1").State, A.Machine("shop", "cache-1").Node));
        Assert.Equal(MachineState.Running, B.Machine("shop", "cache-1").State);
        Assert.Equal((MachineState.Elsewhere, "a"), (B.Machine("shop", "web-1").State, B.Machine("shop", "web-1").Node));
        Assert.Contains("from another node, with its connections", B.Run("why", "-p", "shop", "cache-1"), StringComparison.Ordinal);
        Assert.Contains("has left for node b", A.Run("why", "-p", "shop", "cache-1"), StringComparison.Ordinal);

        // What it wrote has gone with it.
        Assert.Contains("appendonly", B.Run("exec", "-p", "shop", "cache-1", "find", "/var/tmp/appendonlydir"), StringComparison.Ordinal);
        Assert.Contains("is at node b", A.Try("stop", "-p", "shop", "cache-1").Errors, StringComparison.Ordinal);
        Assert.Contains("at home at node a", B.Try("up", "-p", "shop", "-f", B.Write("shop", Shop)).Errors, StringComparison.Ordinal);

        Assert.Contains("cache-1  is at node a;", B.Run("migrate", "-p", "shop", "cache-1", "a"), StringComparison.Ordinal);
        Assert.Equal(MachineState.Running, A.Machine("shop", "cache-1").State);
        FigmentNode.Eventually("nothing of it is at b", () => B.Try("ps", "-p", "shop").Errors is { Length: > 0 } errors && errors.Contains("no application shop", StringComparison.Ordinal) ? null : B.Try("ls").Output);
        counter.End();
        A.Down("shop");
    }

    /// <summary>Or its clients would drop what it says, until its clock has caught up with what they have heard.</summary>
    [Fact]
    public void While_it_stands_still_nothing_is_sent_for_it()
    {
        A.Up("shop", Shop);
        A.Run("start", "-p", "shop", "cache-1", "web-1");
        using var counter = MachineCounter.Begin(A, "shop");
        int before = Dropped();
        _nodes.Slow(true);
        string moved = A.Run("migrate", "-p", "shop", "--mode", "stop-copy", "cache-1", "b");
        _nodes.Slow(false);

        // As long as it takes the kernel to send an answer again, twice.
        Assert.True(int.Parse(Regex.Match(moved, "of which it stood still ([0-9]*) ms").Groups[1].Value, CultureInfo.InvariantCulture) > 600, moved);
        counter.End();
        Assert.Equal(before, Dropped());
        A.Down("shop");

        // Segments that are older than others, by their timestamps.
        int Dropped()
        {
            string[][] lines = [.. A.Run("exec", "-p", "shop", "web-1", "grep", "^TcpExt:", "/proc/net/netstat").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))];
            return int.Parse(lines[1][Array.IndexOf(lines[0], "PAWSEstab")], CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public void A_change_at_home_reaches_the_machines_that_have_moved_and_down_ends_them()
    {
        A.Up("shop", Shop);
        A.Run("start", "-p", "shop", "cache-1");
        A.Run("migrate", "-p", "shop", "cache-1", "b");
        A.Up("shop", Shop.Replace("freeze-after: 60s } }\n    command: [redis", "freeze-after: 61s } }\n    command: [redis", StringComparison.Ordinal));
        Assert.Equal(MachineState.Running, B.Machine("shop", "cache-1").State);
        A.Down("shop");
        Assert.DoesNotContain("shop", B.Run("ls"), StringComparison.Ordinal);
    }

    /// <summary>Serves one connection after the other, some of which wait, and asks another server each time, on a new connection.</summary>
    private const string Asking = """
        import socket, time
        def told(step, since):
            if time.monotonic() - since > 3:
                print(step, "took", time.monotonic() - since, flush=True)
            return time.monotonic()
        listener = socket.create_server(("0.0.0.0", 8080), backlog=128)
        while True:
            client, peer = listener.accept()
            since = time.monotonic()
            client.recv(100)
            since = told("the request of %s:%s" % peer, since)
            time.sleep(0.003)
            place = socket.getaddrinfo("store", 6379, type=socket.SOCK_STREAM)[0][4]
            since = told("the name of the store", since)
            with socket.create_connection(place) as store:
                since = told("the connection to the store", since)
                store.sendall(b"INCR served\r\n")
                answer = store.makefile("rb").readline()
                since = told("the answer of the store", since)
            client.sendall(answer)
            client.close()
        """;

    /// <summary>Four at a time, each request on a connection of its own.</summary>
    private const string Hurried = """
        import socket, sys, threading, time
        end, served = time.monotonic() + float(sys.argv[1]), []
        def ask():
            while time.monotonic() < end:
                try:
                    with socket.create_connection((sys.argv[2], 8080), timeout=10) as client:
                        client.sendall(b"x")
                        answer = client.makefile("rb").readline()
                        assert answer.startswith(b":"), answer
                        served.append(int(answer[1:]))
                except Exception as failure:
                    print("failed", repr(failure), flush=True)
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print("served", len(served), len(set(served)))
        """;

    /// <summary>When it stands still some wait to be accepted, of others the handshake is under way (packets of these clients queue for some 10 ms), and the machine makes some itself.</summary>
    [Fact]
    public void Connections_that_are_being_made_while_a_machine_moves_are_made()
    {
        A.Up("shop", $"""
            services:
              store:
                x-figment: {"{"} root: host, idle: {"{"} freeze-after: never {"}"} {"}"}
                command: [redis-server, --save, "", --protected-mode, "no"]
                expose: ["6379"]
              web:
                x-figment: {"{"} root: host, idle: {"{"} freeze-after: never {"}"} {"}"}
                command: [python3, -c, {JsonSerializer.Serialize(Asking)}]
                stop_grace_period: 100ms
                expose: ["8080"]
              near:
                x-figment: {"{"} root: host, idle: {"{"} freeze-after: never {"}"} {"}"}
                command: [sleep, infinity]
                stop_grace_period: 100ms
              far:
                x-figment: {"{"} root: host, idle: {"{"} freeze-after: never {"}"} {"}"}
                command: [sleep, infinity]
                stop_grace_period: 100ms
            """);
        A.Run("start", "-p", "shop", "store-1", "web-1", "near-1", "far-1");
        A.Run("migrate", "-p", "shop", "far-1", "b");
        string address = A.Machine("shop", "web-1").Addresses[0].Value;
        List<Process> clients = [];
        foreach (int pid in (int[])[A.Machine("shop", "near-1").Pid!.Value, B.Machine("shop", "far-1").Pid!.Value])
        {
            string network = $"--net=/proc/{pid}/ns/net";
            using var slow = Process.Start("nsenter", [network, "tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", "128kbit", "burst", "256", "latency", "1s"]);
            slow.WaitForExit();
            Assert.Equal(0, slow.ExitCode);
            clients.Add(Process.Start(new ProcessStartInfo("nsenter", [network, "python3", "-c", Hurried, "12", address]) { RedirectStandardOutput = true })!);
        }

        A.Run("migrate", "-p", "shop", "web-1", "b");
        B.Run("migrate", "-p", "shop", "web-1", "a");
        A.Run("migrate", "-p", "shop", "web-1", "b");
        B.Run("migrate", "-p", "shop", "web-1", "a");
        foreach (var client in clients)
        {
            string[] said = client.StandardOutput.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            Assert.True(said is ["served", var count, var different] && count == different && int.Parse(count) > 100, string.Join(' ', said) + A.Run("logs", "-p", "shop", "web-1") + B.Try("logs", "-p", "shop", "web-1").Output);
            client.Dispose();
        }

        A.Down("shop");
    }

    [Theory]
    [InlineData("target's daemon")]
    [InlineData("source's daemon")]
    [InlineData("both daemons")]
    [InlineData("wire")]
    public void Whatever_fails_on_the_way_there_is_one_machine_and_no_answer_is_lost(string fails)
    {
        A.Up("shop", Shop);
        A.Run("start", "-p", "shop", "cache-1", "web-1");
        using var counter = MachineCounter.Begin(A, "shop");
        using var migration = A.Start("migrate", "-p", "shop", "cache-1", "b");
        string? line;
        do
        {
            line = migration.StandardError.ReadLine();
        }
        while (line is not null && !line.Contains(fails == "both daemons" ? "committed" : "dumping", StringComparison.Ordinal));

        Assert.NotNull(line);
        switch (fails)
        {
            case "wire":
                _nodes.Cut(true);
                break;
            case "both daemons":
                // Only the source knows that the machine is the target's, and only from its storage.
                Kill(B.Processes("figmentd").Single());
                Kill(A.Processes("figmentd").Single());
                break;
            default:
                Kill((fails.StartsWith('t') ? B : A).Processes("figmentd").Single());
                break;
        }

        migration.WaitForExit(TimeSpan.FromSeconds(1));
        _nodes.Cut(false);

        // The commands bring the daemons back; where the machine is they agree about in the end.
        FigmentNode.Eventually("one machine, and both nodes know where", () =>
        {
            var atA = A.StateOf("shop", "cache-1");
            B.Try("ls");
            var atB = B.StateOf("shop", "cache-1");
            return (atA, atB) is (MachineState.Running, null or MachineState.Elsewhere) or (MachineState.Elsewhere, MachineState.Running) ? null : $"a: {atA}, b: {atB}";
        }, seconds: 60);
        counter.End();
        A.Down("shop");
    }

    [Fact]
    public void Called_off_it_goes_on_where_it_is_and_nothing_of_it_is_at_the_other_node()
    {
        A.Up("shop", Shop);
        A.Run("start", "-p", "shop", "cache-1", "web-1");
        A.Run("exec", "-p", "shop", "cache-1", "redis-cli", "config", "set", "appendonly", "no");
        A.Run("exec", "-p", "shop", "cache-1", "redis-cli", "eval", "for i = 1, 400000 do redis.call('set', i, string.rep('x', 950) .. i) end", "0");
        using var counter = MachineCounter.Begin(A, "shop");
        using var migration = A.Start("migrate", "-p", "shop", "cache-1", "b");
        Assert.Contains("copying", migration.StandardError.ReadLine(), StringComparison.Ordinal);
        A.Run("migrate", "-p", "shop", "--cancel", "cache-1");
        Assert.True(migration.WaitForExit(TimeSpan.FromSeconds(30)));
        Assert.Contains("cache-1 stays at this node: it was called off", migration.StandardError.ReadToEnd(), StringComparison.Ordinal);
        Assert.Equal(MachineState.Running, A.Machine("shop", "cache-1").State);
        FigmentNode.Eventually("nothing of it is at b", () => B.Run("ls").Contains("shop", StringComparison.Ordinal) || Directory.GetDirectories(Path.Combine(B.StateDirectory, "moves")).Length > 0 ? B.Run("ls") : null);
        counter.End();

        // And again, to the end.
        A.Run("migrate", "-p", "shop", "cache-1", "b");
        Assert.Equal("400001\n", B.Run("exec", "-p", "shop", "cache-1", "redis-cli", "dbsize"));
        A.Down("shop");
    }

    /// <summary>Reads and signs the guestbook, each time on a connection of its own.</summary>
    private const string Reader = """
        import select, sys, urllib.request
        count = 0
        while not select.select([sys.stdin], [], [], 0.01)[0]:
            count += 1
            page = urllib.request.urlopen("http://127.0.0.1:8080/", b"entry=entry%d" % count if count % 20 == 0 else None, timeout=30).read().decode()
            if "Guestbook" not in page or (count % 20 == 0 and "entry%d<" % count not in page):
                print("request", count, "is", page)
                sys.exit(1)
            if count == 1:
                print("begun", flush=True)
        print("read", count)
        """;

    [Fact]
    public void A_whole_application_rolls_to_another_node_and_back_under_load_and_no_request_fails()
    {
        // nginx as one user: of several a sandbox' root may dump none.
        string example = A.Folder("guestbook");
        TreeCopy.Copy(Path.Combine(FigmentNode.Root(), "examples", "guestbook"), example);
        string configuration = Path.Combine(example, "nginx.conf");
        File.WriteAllText(configuration, File.ReadAllText(configuration).Replace("user nobody nogroup;", "user root;", StringComparison.Ordinal));
        A.Run("up", example);
        try
        {
            using var reader = Process.Start(new ProcessStartInfo("nsenter", [.. A.Prefix.Skip(1), "python3", "-c", Reader]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
            Assert.Equal("begun", reader.StandardOutput.ReadLine());
            A.Run("migrate", "-p", "guestbook", "--all", "b");
            Assert.All(B.Machines("guestbook"), machine => Assert.Equal(MachineState.Running, machine.State));
            B.Run("migrate", "-p", "guestbook", "--all", "a");
            Assert.All(A.Machines("guestbook"), machine => Assert.Equal(MachineState.Running, machine.State));
            reader.WaitForExit(TimeSpan.FromSeconds(2));
            reader.StandardInput.Close();
            string rest = reader.StandardOutput.ReadToEnd();
            Assert.True(reader.WaitForExit(TimeSpan.FromSeconds(60)));
            Assert.True(rest.StartsWith("read ", StringComparison.Ordinal), rest + reader.StandardError.ReadToEnd() + Warnings(A) + Warnings(B));
        }
        finally
        {
            A.Run("down", "-v", "-p", "guestbook");
        }
    }

    /// <summary>What nginx says of requests that failed.</summary>
    private static string Warnings(FigmentNode node) => string.Concat(node.Try("logs", "-p", "guestbook", "front-1").Output.Split('\n').Where(line => line.Contains('[', StringComparison.Ordinal) && !line.Contains("HTTP/1.1\" 200", StringComparison.Ordinal)).Select(line => $"{line} (at {node.Variables["FIGMENT_NODE"]})\n"));

    [Fact]
    public void What_a_machine_has_mounted_goes_with_it_and_is_not_lost_when_its_application_goes_down()
    {
        string site = A.Folder("site");
        File.WriteAllText(Path.Combine(site, "page"), "as it was");
        A.Up("shop", $"""
            services:
              data:
                x-figment: {"{"} root: host, idle: {"{"} freeze-after: never {"}"} {"}"}
                command: [sh, -c, "while :; do date +%s%N >> /data/log; sleep 0.01; done"]
                stop_grace_period: 100ms
                volumes: ["{site}:/site:ro", "kept:/data", "/own"]
            volumes:
              kept:
            """);
        A.Run("start", "-p", "shop", "data-1");
        A.Run("exec", "-p", "shop", "data-1", "sh", "-c", "umask 027; echo mine > /own/note");
        string before = A.Run("exec", "-p", "shop", "data-1", "cat", "/data/log");

        A.Run("migrate", "-p", "shop", "data-1", "b");
        File.WriteAllText(Path.Combine(site, "page"), "as it is at home");
        Assert.StartsWith(before, B.Run("exec", "-p", "shop", "data-1", "cat", "/data/log"), StringComparison.Ordinal);
        Assert.Equal("as it was", B.Run("exec", "-p", "shop", "data-1", "cat", "/site/page"));
        Assert.Equal("640 mine\n", B.Run("exec", "-p", "shop", "data-1", "sh", "-c", "echo $(stat -c %a /own/note) $(cat /own/note)"));
        Assert.False(Directory.Exists(Path.Combine(A.StateDirectory, "volumes", "shop_kept")));
        Assert.True(File.Exists(Path.Combine(B.StateDirectory, "volumes", "shop_kept", "log")));

        // Its data would be at a node of which nobody knows.
        Assert.Contains("data-1 is at node b, with a volume", A.Try("down", "-p", "shop").Errors, StringComparison.Ordinal);
        Assert.Equal(MachineState.Running, B.Machine("shop", "data-1").State);

        B.Run("migrate", "-p", "shop", "data-1", "a");
        Assert.StartsWith(before, A.Run("exec", "-p", "shop", "data-1", "cat", "/data/log"), StringComparison.Ordinal);
        Assert.Equal("as it is at home", A.Run("exec", "-p", "shop", "data-1", "cat", "/site/page"));
        Assert.False(Directory.Exists(Path.Combine(B.StateDirectory, "volumes", "shop_kept")));

        // There, and in somebody's way.
        Directory.CreateDirectory(Path.Combine(B.StateDirectory, "volumes", "shop_kept"));
        File.WriteAllText(Path.Combine(B.StateDirectory, "volumes", "shop_kept", "another"), "");
        Assert.Contains("shop_kept at node b is not empty", A.Try("migrate", "-p", "shop", "data-1", "b").Errors, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(B.StateDirectory, "volumes", "shop_kept", "another")));
        Directory.Delete(Path.Combine(B.StateDirectory, "volumes", "shop_kept"), recursive: true);

        A.Run("migrate", "-p", "shop", "data-1", "b");
        A.Down("shop");
        Assert.False(Directory.Exists(Path.Combine(B.StateDirectory, "volumes", "shop_kept")));
    }

    [Fact]
    public void What_the_other_node_lacks_is_said_and_the_machine_stays()
    {
        using var folder = new TemporaryFolder();
        string layout = BusyboxImage.Make(folder);
        Tool.Run("umoci", "config", "--image", layout + ":1", "--clear", "config.volume");
        const string Image = "localhost:1/figment-test/busybox:1";
        A.Run("load", layout, "--tag", Image);
        A.Up("shop", $$"""
            services:
              job:
                image: {{Image}}
                entrypoint: [/bin/busybox, httpd, -f, -p, "8080"]
                stop_grace_period: 100ms
                x-figment: { start: eager, idle: { freeze-after: never } }
            """);
        FigmentNode.Eventually("it runs", () => A.Machine("shop", "job-1") is { State: MachineState.Running } ? null : A.Run("why", "-p", "shop", "job-1"));
        int pid = A.Machine("shop", "job-1").Pid!.Value;
        string refused = A.Try("migrate", "-p", "shop", "job-1", "b").Errors;
        Assert.Contains("job-1 stays at this node: ", refused, StringComparison.Ordinal);
        Assert.Contains("figment-test/busybox", refused, StringComparison.Ordinal);
        Assert.Equal((MachineState.Running, (int?)pid), (A.Machine("shop", "job-1").State, A.Machine("shop", "job-1").Pid));
        FigmentNode.Eventually("nothing of it is at b", () => B.Run("ls") is var applications && applications.Contains("shop", StringComparison.Ordinal) ? applications : null);

        // And an application that it has of that name.
        B.Run("load", layout, "--tag", Image);
        B.Up("shop", Shop);
        Assert.Contains("node b has an application shop of its own", A.Try("migrate", "-p", "shop", "job-1", "b").Errors, StringComparison.Ordinal);
        B.Down("shop");
        A.Run("migrate", "-p", "shop", "job-1", "b");
        Assert.Equal(MachineState.Running, B.Machine("shop", "job-1").State);
        A.Down("shop");
    }

    [Fact]
    public void What_cannot_move_says_why()
    {
        A.Up("shop", """
            services:
              data:
                x-figment: { root: host }
                command: [sleep, infinity]
                stop_grace_period: 100ms
                volumes: ["/var/tmp:/srv"]
            """);
        Assert.Contains("/var/tmp, bound at /srv, is a folder of this node that it may write to", A.Try("migrate", "-p", "shop", "data-1", "b").Errors, StringComparison.Ordinal);
        Assert.Contains("the cluster has no node c", A.Try("migrate", "-p", "shop", "data-1", "c").Errors, StringComparison.Ordinal);
        Assert.Contains("a is this node", A.Try("migrate", "-p", "shop", "data-1", "a").Errors, StringComparison.Ordinal);
        Assert.Contains("data-1 is not on its way", A.Try("migrate", "-p", "shop", "--cancel", "data-1").Errors, StringComparison.Ordinal);
        A.Down("shop");
    }

    private static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
        process.WaitForExit();
    }
}
