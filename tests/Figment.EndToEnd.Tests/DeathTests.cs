using System.Diagnostics;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>kill -9 of each of our processes, while the application works.</summary>
public sealed class DeathTests : IDisposable
{
    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    private static string Compose(int first, int second) => $$"""
        services:
          a:
            command: redis-server --save "" --protected-mode no
            ports: ["{{first}}:6379"]
            x-figment: { root: host }
          b:
            command: redis-server --save "" --protected-mode no
            ports: ["{{second}}:6379"]
            x-figment: { root: host }
        """;

    [Fact]
    public async Task Without_the_daemon_connections_go_on_and_a_first_connection_still_wakes()
    {
        int first = Client.FreePort();
        int second = Client.FreePort();
        _node.Up("daemonless", Compose(first, second));
        using var connection = await Client.ConnectAsync(first);
        Assert.Equal("+PONG", await Client.AskAsync(connection, "PING"));
        int daemon = _node.DaemonPid();
        int asked = 0;
        using var stop = new CancellationTokenSource();
        var load = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                Assert.Equal("+PONG", await Client.AskAsync(connection, "PING"));
                asked++;
            }
        });

        Kill(daemon);
        FigmentNode.Eventually("the daemon is gone", () => Directory.Exists($"/proc/{daemon}") ? "it lives" : null);
        Assert.Equal("+PONG", await Client.AskAsync(second, "PING"));
        int before = asked;
        FigmentNode.Eventually("load goes on without the daemon", () => asked > before ? null : $"{asked} requests");

        // The next command starts a daemon, which adopts what it finds.
        Assert.Equal(MachineState.Running, _node.Machine("daemonless", "a-1").State);
        Assert.Equal(MachineState.Running, _node.Machine("daemonless", "b-1").State);
        FigmentNode.Eventually(
            "what happened meanwhile is in the journal",
            () => _node.Run("why", "-p", "daemonless", "b-1").Contains("6379/tcp", StringComparison.Ordinal) ? null : "no cause yet");
        await stop.CancelAsync();
        await load;
        Assert.NotEqual(daemon, _node.DaemonPid());
    }

    [Fact]
    public async Task A_box_that_is_killed_takes_its_machine_with_it_and_the_next_signal_starts_it_again()
    {
        int first = Client.FreePort();
        _node.Up("boxless", Compose(first, Client.FreePort()));
        Assert.Equal("+PONG", await Client.AskAsync(first, "PING"));
        int program = _node.Machine("boxless", "a-1").Pid!.Value;
        Kill(_node.BoxOf("boxless", "a-1"));

        FigmentNode.Eventually("the machine is imaginary again", () => _node.Machine("boxless", "a-1") is { State: MachineState.Imaginary } ? null : "not yet");
        FigmentNode.Eventually("the program went with its box", () => Directory.Exists($"/proc/{program}") ? "it lives" : null, seconds: 5);
        Assert.Equal(SignalKind.BoxLost, _node.Machine("boxless", "a-1").Cause!.Kind);
        Assert.Equal("+PONG", await Client.AskAsync(first, "PING"));
        Assert.Equal(MachineState.Running, _node.Machine("boxless", "a-1").State);
    }

    [Fact]
    public async Task A_keeper_that_is_killed_is_made_anew_and_established_connections_go_on()
    {
        int first = Client.FreePort();
        int second = Client.FreePort();
        _node.Up("keeperless", Compose(first, second) + $$"""

          front:
            command: sh -c 'exec redis-cli -h a -p 6379 --no-auth-warning -r 1000000 -i 0.05 incr n'
            depends_on: [a]
            x-figment: { root: host, start: eager }
        """);
        FigmentNode.Eventually("the counter runs", () => _node.Machine("keeperless", "front-1").State == MachineState.Running ? null : "not running");
        var addresses = _node.Machines("keeperless").ToDictionary(machine => machine.Machine, machine => machine.Addresses[0].Value);
        int program = _node.Machine("keeperless", "front-1").Pid!.Value;
        int keeper = Assert.Single(_node.Processes("figment-keeper"));

        Kill(keeper);

        FigmentNode.Eventually("there is a new keeper", () => _node.Processes("figment-keeper") is [int pid] && pid != keeper ? null : "not yet");
        FigmentNode.Eventually("machines were adopted", () => _node.Try("ps", "-p", "keeperless", "--json") is { Code: 0 } && _node.Machine("keeperless", "a-1").State == MachineState.Running ? null : "not yet");
        Assert.Equal(program, _node.Machine("keeperless", "front-1").Pid);
        Assert.Equal(addresses, _node.Machines("keeperless").ToDictionary(machine => machine.Machine, machine => machine.Addresses[0].Value));
        string before = _node.Run("exec", "-T", "-p", "keeperless", "a-1", "redis-cli", "get", "n");
        FigmentNode.Eventually("the old connection still counts", () => _node.Run("exec", "-T", "-p", "keeperless", "a-1", "redis-cli", "get", "n") != before ? null : before);
        Assert.Equal("+PONG", await Client.AskAsync(second, "PING"));
    }

    /// <summary>Without figmentd nobody starts a keeper again: the command that comes next starts both, and waits for what they find.</summary>
    [Fact]
    public async Task With_daemon_and_keeper_killed_the_next_command_shows_what_runs()
    {
        int first = Client.FreePort();
        _node.Up("orphan", Compose(first, Client.FreePort()));
        Assert.Equal("+PONG", await Client.AskAsync(first, "PING"));
        int program = _node.Machine("orphan", "a-1").Pid!.Value;
        int keeper = Assert.Single(_node.Processes("figment-keeper"));
        int daemon = _node.DaemonPid();

        Kill(daemon);
        Kill(keeper);
        FigmentNode.Eventually("both are gone", () => Directory.Exists($"/proc/{daemon}") || Directory.Exists($"/proc/{keeper}") ? "one lives" : null);

        var machine = _node.Machine("orphan", "a-1");
        Assert.Equal((MachineState.Running, (int?)program), (machine.State, machine.Pid));

        // Beside a daemon that lives: it starts the keeper again, and who asks meanwhile waits for that.
        Kill(Assert.Single(_node.Processes("figment-keeper")));
        machine = _node.Machine("orphan", "a-1");
        Assert.Equal((MachineState.Running, (int?)program), (machine.State, machine.Pid));
    }

    /// <summary>setuid(2) takes away the signal of its parent's death, by which other programs end with their box.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_program_that_has_changed_its_user_ends_with_its_box_too(bool withKeeper)
    {
        int port = Client.FreePort();
        _node.Up("userless", $$"""
            services:
              cache:
                command: memcached -u nobody -U 0 -l 0.0.0.0
                ports: ["{{port}}:11211"]
                x-figment: { root: host }
            """);
        Assert.StartsWith("VERSION", await Client.AskAsync(port, "version"), StringComparison.Ordinal);
        int program = _node.Machine("userless", "cache-1").Pid!.Value;

        int box = _node.BoxOf("userless", "cache-1");
        if (withKeeper)
        {
            Kill(Assert.Single(_node.Processes("figment-keeper")));
        }

        Kill(box);

        FigmentNode.Eventually("the program went with its box", () => Directory.Exists($"/proc/{program}") ? "it lives" : null, seconds: 10);
        FigmentNode.Eventually("the machine is imaginary again", () => _node.Try("ps", "-p", "userless", "--json") is { Code: 0 } && _node.Machine("userless", "cache-1") is { State: MachineState.Imaginary } ? null : "not yet");
        Assert.StartsWith("VERSION", await Client.AskAsync(port, "version"), StringComparison.Ordinal);
        Assert.NotEqual(program, _node.Machine("userless", "cache-1").Pid!.Value);
    }

    [Fact]
    public void The_daemon_has_ended_when_stop_returns()
    {
        _node.Run("ls");
        Assert.Single(_node.Processes("figmentd"));

        _node.Run("daemon", "stop");

        Assert.Empty(_node.Processes("figmentd"));
    }

    private static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }
}
