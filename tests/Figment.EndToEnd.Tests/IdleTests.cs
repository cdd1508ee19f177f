using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>Machines that nothing needs stand still, and go on when something does.</summary>
public sealed class IdleTests : IDisposable
{
    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task An_idle_server_is_frozen_and_answers_who_comes_on_old_and_new_connections()
    {
        int port = Client.FreePort();
        _node.Up("idle", Redis(port));
        using var connection = await Client.ConnectAsync(port);
        Assert.Equal("+PONG", await Client.AskAsync(connection, "PING"));
        AwaitFrozen("idle", "a-1");
        Assert.Contains("frozen", _node.Run("ps", "-p", "idle"), StringComparison.Ordinal);

        Assert.Equal("+PONG", await Client.AskAsync(connection, "PING"));
        FigmentNode.Eventually("it runs", () => _node.Machine("idle", "a-1").State == MachineState.Running ? null : "not yet");
        var cause = _node.Machine("idle", "a-1").Cause!;
        Assert.Equal((SignalKind.Data, 6379), (cause.Kind, cause.Port));
        Assert.Equal(connection.LocalEndPoint!.ToString(), cause.FromAddress);

        AwaitFrozen("idle", "a-1");
        var before = _node.Machine("idle", "a-1").Since;
        Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));

        // The answer may be there before the keeper has heard that it went on.
        FigmentNode.Eventually("it is frozen again", () => _node.Machine("idle", "a-1") is { State: MachineState.Frozen } again && again.Since > before ? null : "not yet");
        string why = _node.Run("why", "-p", "idle", "a-1");
        Assert.Matches(@"^a-1 is frozen since .*: it was idle: quiet for \d\.\d s: \d\.\d ms of processor time, 0 bytes; all \d threads wait\n", why);
        Assert.Matches(@"\nwent on at .*: something came to 6379/tcp from 127\.0\.0\.1:\d+\n", why);
    }

    [Fact]
    public void A_machine_that_wakes_another_is_named_and_a_command_wakes_too()
    {
        _node.Up("named", Redis(Client.FreePort()) + """

              b:
                command: sleep infinity
                x-figment: { root: host, start: eager, idle: { freeze-after: 500ms } }
            """);
        _node.Run("exec", "-T", "-p", "named", "b-1", "redis-cli", "-h", "a", "ping");
        AwaitFrozen("named", "a-1");
        AwaitFrozen("named", "b-1");

        Assert.Equal("PONG\n", _node.Run("exec", "-T", "-p", "named", "b-1", "redis-cli", "-h", "a", "ping"));

        FigmentNode.Eventually(
            "the ledger tells it",
            () => _node.Run("why", "-p", "named", "a-1") is var why && why.Contains("something came to 6379/tcp from b-1 (", StringComparison.Ordinal) ? null : why);
        Assert.Contains("asked for by the user: exec of redis-cli", _node.Run("why", "-p", "named", "b-1"), StringComparison.Ordinal);
        AwaitFrozen("named", "b-1");
        _node.Run("stop", "-p", "named", "b-1");
        Assert.Equal(MachineState.Stopped, _node.Machine("named", "b-1").State);
    }

    [Fact]
    public async Task A_frozen_machine_outlives_its_keeper_and_is_woken_without_it()
    {
        int port = Client.FreePort();
        _node.Up("adopted", Redis(port) + """

              b:
                command: sh -c 'sleep 2; exec redis-cli -h a blpop list 0'
                depends_on: [a]
                x-figment: { root: host, start: eager, idle: { freeze-after: 500ms } }
            """);
        AwaitFrozen("adopted", "b-1");
        AwaitFrozen("adopted", "a-1");
        int program = _node.Machine("adopted", "a-1").Pid!.Value;
        using var keeper = System.Diagnostics.Process.GetProcessById(Assert.Single(_node.Processes("figment-keeper")));
        keeper.Kill();
        await keeper.WaitForExitAsync(TestContext.Current.CancellationToken);

        var adopted = _node.Machine("adopted", "a-1");
        Assert.Equal((MachineState.Frozen, (int?)program), (adopted.State, adopted.Pid));
        Assert.Equal(MachineState.Frozen, _node.Machine("adopted", "b-1").State);
        Assert.Equal(":1", await Client.AskAsync(port, "LPUSH list word"));
        FigmentNode.Eventually("b-1 has read its word", () => _node.Run("logs", "-p", "adopted", "b-1").Contains("word", StringComparison.Ordinal) ? null : "not yet");
    }

    /// <summary>Compared with what the same loop does when nothing freezes it.</summary>
    [Fact]
    public void A_program_that_wakes_by_the_clock_does_so_while_it_is_frozen_in_between()
    {
        const string Loop = "import time\nwhile True:\n  time.sleep(4 - time.time() % 4)\n  print(f'{time.time() % 4:.4f}', flush=True)";
        _node.Up("clock", $$"""
            services:
              a:
                command: ["/usr/bin/python3", "-uc", {{System.Text.Json.JsonSerializer.Serialize(Loop)}}]
                x-figment: { root: host, start: eager, idle: { freeze-after: 500ms } }
            """);
        AwaitFrozen("clock", "a-1");

        FigmentNode.Eventually("it has woken three times", () => Lines().Length >= 3 ? null : "not yet");

        // Late by less than what a loaded machine makes anybody late; docs/results has the measured distribution.
        Assert.All(Lines(), line => Assert.InRange(double.Parse(line, System.Globalization.CultureInfo.InvariantCulture), 0, 1));
        string why = _node.Run("why", "-p", "clock", "a-1");
        Assert.Contains("a wait of it ends", why, StringComparison.Ordinal);

        string[] Lines() => _node.Run("logs", "--no-prefix", "-p", "clock", "a-1").Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Both ends send keep-alives meanwhile, which wake nobody: the kernel answers them.</summary>
    [Fact]
    [Trait("tier", "full")]
    public async Task A_connection_outlives_ten_frozen_minutes_with_keepalives_and_the_machine_takes_no_processor_time()
    {
        const string Asker = """
            import socket, time
            s = socket.create_connection(('a', 6379))
            s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
            def ask():
                s.sendall(b'PING\r\n')
                return s.recv(100).decode().strip()
            print(ask(), flush=True)
            time.sleep(605)
            names, values = [line.split() for line in open('/proc/net/netstat') if line.startswith('TcpExt:')]
            print(ask(), values[names.index('TCPKeepAlive')], flush=True)
            time.sleep(1000)
            """;
        _node.Up("long", $$"""
            services:
              a:
                command: redis-server --save "" --protected-mode no --tcp-keepalive 60
                x-figment: { root: host, idle: { freeze-after: 500ms } }
              b:
                command: ["/usr/bin/python3", "-uc", {{System.Text.Json.JsonSerializer.Serialize(Asker)}}]
                x-figment: { root: host, start: eager, idle: { freeze-after: never } }
            """);
        AwaitFrozen("long", "a-1");
        var since = _node.Machine("long", "a-1").Since;
        long used = ProcessorNs();

        await Task.Delay(TimeSpan.FromMinutes(10), TestContext.Current.CancellationToken);

        var machine = _node.Machine("long", "a-1");
        Assert.Equal((MachineState.Frozen, since), (machine.State, machine.Since));
        Assert.Equal(used, ProcessorNs());
        FigmentNode.Eventually("it was asked again", () => Lines().Length == 2 ? null : "not yet");
        Assert.Equal("+PONG", Lines()[0]);
        Assert.StartsWith("+PONG ", Lines()[1], StringComparison.Ordinal);
        Assert.InRange(int.Parse(Lines()[1].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), 15, 25);

        string[] Lines() => _node.Run("logs", "--no-prefix", "-p", "long", "b-1").Split('\n', StringSplitOptions.RemoveEmptyEntries);

        long ProcessorNs()
        {
            using var document = System.Text.Json.JsonDocument.Parse(_node.Run("inspect", "-p", "long", "a-1"));
            var groups = document.RootElement[0].GetProperty("cgroups");
            string text = groups.TryGetProperty("cpuacct", out var folder)
                ? File.ReadAllText(Path.Combine(folder.GetString()!, "cpuacct.usage"))
                : File.ReadLines(Path.Combine(groups.GetProperty("unified").GetString()!, "cpu.stat")).First().Split(' ')[1];
            return long.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public void Who_is_never_quiet_and_who_must_not_be_frozen_go_on()
    {
        _node.Up("awake", """
            services:
              polls:
                command: sh -c 'while :; do :; done'
                cpus: 0.2
                x-figment: { root: host, start: eager, idle: { freeze-after: 200ms } }
              never:
                command: sleep infinity
                x-figment: { root: host, start: eager, idle: { freeze-after: never } }
              witness:
                command: sleep infinity
                x-figment: { root: host, start: eager, idle: { freeze-after: 1s } }
            """);
        AwaitFrozen("awake", "witness-1");

        FigmentNode.Eventually("it is said to be never idle", () => _node.Machine("awake", "polls-1") is { State: MachineState.Running, NotIdle: not null } ? null : "not yet");
        Assert.Matches(@"polls-1 .* running \(never idle\)", _node.Run("ps", "-p", "awake"));
        Assert.Matches(@"it is never idle: it has used \d+ % of a core for \d+ s although nothing comes and nothing goes; if", _node.Run("why", "-p", "awake", "polls-1"));
        Assert.Contains("awake/polls-1: it has used", _node.Try("doctor").Output, StringComparison.Ordinal);
        Assert.Equal(MachineState.Running, _node.Machine("awake", "never-1").State);
    }

    private void AwaitFrozen(string application, string machine) =>
        FigmentNode.Eventually($"{machine} is frozen", () => _node.Machine(application, machine) is { State: MachineState.Frozen } ? null : _node.Machine(application, machine).State.ToString());

    /// <summary>Without the thread of its allocator, whose wait of ten seconds would thaw it between two looks of a test.</summary>
    private static string Redis(int port) => $$"""
        services:
          a:
            command: redis-server --save "" --protected-mode no --jemalloc-bg-thread no
            ports: ["{{port}}:6379"]
            x-figment: { root: host, idle: { freeze-after: 500ms } }
        """;
}
