using System.Diagnostics;
using System.Globalization;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>Machines that begin where another is that goes on. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class CloneTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Tells each client its host's name, its address, the address that it is bound to, what it counts, and what it is said to be; and writes each line to its root.</summary>
    private const string Server = """
        import json, os, socket
        count = 0
        s = socket.create_server((socket.gethostbyname(socket.gethostname()), 7000))
        while True:
            c, _ = s.accept()
            with c, c.makefile() as f:
                while line := f.readline():
                    count += 1
                    with open('/srv/lines', 'a') as l: l.write(line)
                    with open('/run/figment/machine.json') as m: me = json.load(m)
                    c.sendall((' '.join([socket.gethostname(), s.getsockname()[0], str(count), me['machine'], me['from']]) + '\n').encode())
        """;

    private readonly FigmentNode _node = new();

    private string Taken => Path.Combine(_node.StateDirectory, "taken");

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task Redis_is_cloned_under_load_and_both_go_on_each_for_itself()
    {
        int port = Client.FreePort();
        await FillAsync("load", port, 100_000);
        using var stop = new CancellationTokenSource();
        var load = Task.Run(() => CountAsync(port, stop.Token));

        string told = _node.Run("clone", "-p", "load", "a-1");

        output.WriteLine(told);
        Assert.Matches("^a-clone-1  running.* \\(as a-1, which stood still for [0-9]+ ms; [0-9]+ ms in all\\)\n$", told);
        await stop.CancelAsync();
        var (counted, longestMs) = await load;
        output.WriteLine($"{counted} answers, the longest after {longestMs:0} ms");
        Assert.Equal("100001\n", Redis("load", "a-clone-1", "dbsize"));
        Assert.InRange(int.Parse(Redis("load", "a-clone-1", "get", "count"), CultureInfo.InvariantCulture), 0, counted);
        Assert.Equal($"{counted}\n", Redis("load", "a-1", "get", "count"));

        Redis("load", "a-clone-1", "set", "only", "here");
        Redis("load", "a-1", "set", "only", "there");
        Assert.Equal(("here\n", "there\n"), (Redis("load", "a-clone-1", "get", "only"), Redis("load", "a-1", "get", "only")));
        Assert.Equal("a-clone-1\n", _node.Run("exec", "-T", "-p", "load", "a-clone-1", "hostname"));
        Assert.Contains("clone of a-1", _node.Run("why", "-p", "load", "a-clone-1"), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Taken));

        _node.Run("stop", "-p", "load", "a-clone-1");
        FigmentNode.Eventually("it has left", () => _node.Machines("load").Count == 1 && !Directory.Exists(Path.Combine(_node.StateDirectory, "apps", "load", "machines", "a-clone-1", "upper")) ? null : _node.Run("ps", "-a", "-p", "load"));
        Assert.Equal("there\n", Redis("load", "a-1", "get", "only"));
    }

    [Fact]
    public void A_clone_has_names_and_addresses_of_its_own_and_what_was_written_and_can_be_cloned()
    {
        Up("names", "");
        Assert.Equal(("work-1", "1"), Ask("names", "work-1") is var first ? (first[0], first[2]) : default);

        var cloned = _node.Try("clone", "-q", "--name", "other", "-p", "names", "work");
        Assert.Equal("other\n", cloned.Output);
        Assert.Contains("warning: work-1 and other: both draw the same random numbers", cloned.Errors, StringComparison.Ordinal);
        Assert.Equal("work-clone-1\n", _node.Run("clone", "-q", "-p", "names", "other"));

        foreach (string name in (string[])["other", "work-clone-1"])
        {
            Assert.Equal([name, Address("names", name), "2", name, "snapshot"], Ask("names", name));
            Assert.Equal("asked\nasked\n", _node.Run("exec", "-T", "-p", "names", name, "cat", "/srv/lines"));
            Assert.Contains(name, _node.Run("exec", "-T", "-p", "names", name, "cat", "/etc/hostname", "/etc/hosts"), StringComparison.Ordinal);
        }

        Assert.Equal(3, _node.Machines("names").Where(machine => machine.Service == "work").Select(machine => machine.Addresses[0].Value).Distinct().Count());
        Assert.Equal(["work-1", Address("names", "work-1"), "2"], Ask("names", "work-1")[..3]);

        // Each alone: what one writes the others do not see.
        _node.Run("exec", "-T", "-p", "names", "other", "sh", "-c", "echo mine > /srv/lines");
        Assert.Equal("asked\nasked\n", _node.Run("exec", "-T", "-p", "names", "work-clone-1", "cat", "/srv/lines"));
        _node.Down("names");
        Assert.False(Directory.Exists(Path.Combine(_node.StateDirectory, "apps", "names", "machines", "other")));
    }

    [Fact]
    public void What_cannot_be_cloned_is_said_and_nothing_is_left_of_it()
    {
        Up("no", """
              shelf:
                command: sleep infinity
                stop_grace_period: 100ms
                x-figment: { root: host, start: eager }
                volumes: ["kept:/data"]
              screen:
                command: sleep infinity
                stop_grace_period: 100ms
                tty: true
                x-figment: { root: host, start: eager }
            volumes:
              kept:
            """);
        FigmentNode.Eventually("all run", () => _node.Machines("no").All(machine => machine.State == MachineState.Running || machine.Service == "work") ? null : _node.Run("ps", "-p", "no"));

        Refused("may write to /data", "shelf");
        Refused("has a terminal", "screen");
        Refused("figment start work-1", "work");
        Refused("has a machine look-1 already", "look", "--name", "look-1");
        Refused("cannot find 'nobody'", "nobody");
        Assert.Equal(4, _node.Machines("no").Count);
        Assert.True(!Directory.Exists(Taken) || !Directory.EnumerateFileSystemEntries(Taken).Any());

        void Refused(string why, params string[] words)
        {
            var refused = _node.Try(["clone", "-p", "no", .. words]);
            Assert.NotEqual(0, refused.Code);
            Assert.Contains(why, refused.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_daemon_that_is_killed_meanwhile_leaves_a_clone_or_nothing()
    {
        int port = Client.FreePort();
        await FillAsync("killed", port, 200_000);
        using var command = _node.Start("clone", "-p", "killed", "a-1");
        FigmentNode.Eventually("it is being written", () => Directory.Exists(Taken) && Directory.EnumerateDirectories(Taken).Any() ? null : "not yet");
        using (var daemon = Process.GetProcessById(_node.Processes("figmentd").Single()))
        {
            // Until it has ended it takes connections that it never answers.
            daemon.Kill();
            await daemon.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await command.WaitForExitAsync(TestContext.Current.CancellationToken);

        FigmentNode.Eventually("there is a clone or nothing", () =>
        {
            var machines = _node.Machines("killed");
            bool isWhole = machines.All(machine => machine is { State: MachineState.Running or MachineState.Frozen, Pid: not null });
            return isWhole && !Directory.EnumerateFileSystemEntries(Taken).Any() ? null : $"{string.Join(", ", machines.Select(machine => $"{machine.Machine} {machine.State}"))}; {string.Join(' ', Directory.EnumerateFileSystemEntries(Taken))}";
        });
        Assert.Equal(":200000", await Client.AskAsync(port, "DBSIZE"));
        Assert.Matches("^a-clone-[12]\n$", _node.Run("clone", "-q", "-p", "killed", "a-1"));
    }

    /// <summary>On one connection, until it is told to stop; each answer is one more than the one before.</summary>
    private static async Task<(int Count, double LongestMs)> CountAsync(int port, CancellationToken stop)
    {
        using var socket = await Client.ConnectAsync(port);
        double longest = 0;
        int count = 0;
        while (!stop.IsCancellationRequested)
        {
            long begun = Stopwatch.GetTimestamp();
            Assert.Equal($":{++count}", await Client.AskAsync(socket, "INCR count"));
            longest = Math.Max(longest, Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        return (count, longest);
    }

    private async Task FillAsync(string application, int port, int thousandBytes)
    {
        _node.Up(application, $$"""
            services:
              a:
                command: redis-server --save "" --protected-mode no --dir /tmp
                ports: ["{{port}}:6379"]
                x-figment: { root: host }
            """);
        string script = string.Create(CultureInfo.InvariantCulture, $"for i = 1, {thousandBytes} do redis.call('set', 'k' .. i, string.rep('x', 1000)) end return 'done'");
        Assert.StartsWith("$", await Client.AskAsync(port, $"EVAL \"{script}\" 0"), StringComparison.Ordinal);
    }

    private void Up(string application, string more)
    {
        string folder = _node.Folder(application);
        File.WriteAllText(Path.Combine(folder, "server.py"), Server);
        _node.Up(application, $$"""
            services:
              work:
                command: python3 /opt/server.py
                expose: ["7000"]
                volumes: ["{{folder}}/server.py:/opt/server.py:ro"]
                x-figment: { root: host, from: snapshot }
              look:
                command: sleep infinity
                stop_grace_period: 100ms
                x-figment: { root: host, start: eager, idle: { freeze-after: never } }
            {{more}}
            """);
    }

    private string Redis(string application, string machine, params string[] words) => _node.Run(["exec", "-T", "-p", application, machine, "redis-cli", .. words]);

    private string Address(string application, string machine) => _node.Machine(application, machine).Addresses[0].Value;

    private string[] Ask(string application, string host)
    {
        const string Script = "import socket, sys\ns = socket.create_connection((sys.argv[1], 7000), 20)\ns.sendall(b'asked\\n')\nprint(s.makefile().readline(), end='')";
        return _node.Run("exec", "-T", "-p", application, "look-1", "python3", "-c", Script, host).Trim().Split(' ');
    }
}
