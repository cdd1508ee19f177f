using System.Net.Sockets;
using Figment.Linux.Processes;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>What goes wrong is said, and nothing is left half done.</summary>
public sealed class FaultTests : IDisposable
{
    private const int SIGKILL = 9;
    private const int SIGTERM = 15;
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;

    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Theory]
    [InlineData("/no/such/program", 127)]
    [InlineData("/etc/hostname", 126)]
    public async Task A_program_that_cannot_be_executed_resets_its_clients_and_why_says_so(string program, int code)
    {
        int port = Client.FreePort();
        string application = $"missing{code}";
        _node.Up(application, Service(port, program));

        using var socket = await Client.ConnectAsync(port);
        await Assert.ThrowsAnyAsync<Exception>(async () => Assert.NotEqual("", await Client.AskAsync(socket, "PING")));

        FigmentNode.Eventually("it failed", () => _node.Machine(application, "s-1") is { ExitCode: int exit } && exit == code ? null : _node.Machine(application, "s-1").ToString());
        Assert.Contains(program, _node.Run("why", "-p", application, "s-1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_dies_at_once_again_and_again_is_failed_with_its_last_lines()
    {
        int port = Client.FreePort();
        _node.Up("dying", Service(port, "sh -c 'echo cannot find the sea >&2; exit 3'"));
        FigmentNode.Eventually(
            "the machine is failed",
            () =>
            {
                _ = Client.AskAsync(port, "PING").ContinueWith(asked => asked.Exception, TaskScheduler.Default);
                return _node.Machine("dying", "s-1").State == MachineState.Failed ? null : _node.Machine("dying", "s-1").State.ToString();
            },
            seconds: 60);

        string why = _node.Run("why", "-p", "dying", "s-1");
        Assert.Contains("cannot find the sea", why, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(async () => Assert.NotEqual("", await Client.AskAsync(port, "PING")));
    }

    [Fact]
    public void How_a_program_ended_while_there_was_no_keeper_is_told_to_the_next()
    {
        _node.Up("orphan", """
            services:
              s:
                command: ["sh", "-c", "trap 'echo last words; exit 3' TERM; while :; do sleep 0.02; done"]
                x-figment: { root: host, start: eager }
            """);
        FigmentNode.Eventually("it runs", () => _node.Machine("orphan", "s-1").Pid is null ? "not yet" : null);
        using var program = Pidfd.Open(_node.Machine("orphan", "s-1").Pid!.Value);
        using var daemon = Pidfd.Open(_node.DaemonPid());
        using var keeper = Pidfd.Open(_node.Processes("figment-keeper").Single());

        daemon.Signal(SIGSTOP);
        keeper.Signal(SIGKILL);
        Assert.True(keeper.AwaitEnd(TimeSpan.FromSeconds(10)), "the keeper is still there");
        program.Signal(SIGTERM);
        Assert.True(program.AwaitEnd(TimeSpan.FromSeconds(10)), "the program is still there");
        daemon.Signal(SIGCONT);

        FigmentNode.Eventually("its exit code is known", () => _node.Machine("orphan", "s-1") is { ExitCode: 3, Cause.Kind: SignalKind.Exit } ? null : _node.Machine("orphan", "s-1").ToString());
        Assert.Contains("last words", _node.Run("why", "-p", "orphan", "s-1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_ignores_SIGTERM_is_killed_after_its_grace_time()
    {
        int port = Client.FreePort();
        _node.Up("stubborn", $$"""
            services:
              s:
                command: ["sh", "-c", "trap '' TERM; redis-server --save '' --protected-mode no & wait; sleep 1000"]
                stop_grace_period: 500ms
                ports: ["{{port}}:6379"]
                x-figment: { root: host }
            """);
        Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));
        int pid = _node.Machine("stubborn", "s-1").Pid!.Value;

        _node.Run("stop", "-p", "stubborn", "s-1");

        Assert.Equal(MachineState.Stopped, _node.Machine("stubborn", "s-1").State);
        Assert.False(Directory.Exists($"/proc/{pid}"));
        await Assert.ThrowsAnyAsync<Exception>(async () => Assert.NotEqual("", await Client.AskAsync(port, "PING")));
        _node.Run("start", "-p", "stubborn", "s-1");
        Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));
    }

    [Fact]
    public void A_published_port_that_is_taken_is_named_and_nothing_stays()
    {
        using var taken = new TcpListener(System.Net.IPAddress.Any, 0);
        taken.Start();
        int port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;

        var result = _node.Try("up", "-p", "taken", "-f", _node.Write("taken", Service(port, "redis-server")));

        Assert.Equal(1, result.Code);
        Assert.Contains(port.ToString(System.Globalization.CultureInfo.InvariantCulture), result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("taken", _node.Run("apps", "--json"), StringComparison.Ordinal);
        Assert.Empty(_node.Processes("figment-keeper"));
    }

    [Fact]
    public void A_port_that_another_application_publishes_is_named_with_it()
    {
        int port = Client.FreePort();
        _node.Up("first", Service(port, "redis-server"));

        Assert.Contains($"port {port} of the node is taken", _node.FailingUp("second", Service(port, "redis-server")), StringComparison.Ordinal);
        Assert.Contains("held by application first", _node.FailingUp("second", Service(port, "redis-server")), StringComparison.Ordinal);
        _node.Down("first");
    }

    [Fact]
    public void A_pool_without_a_free_network_is_named_with_its_setting_and_nothing_stays()
    {
        _node.Variables["FIGMENT_SUBNET_POOL"] = "10.219.0.0/24";
        _node.Up("first", Service(Client.FreePort(), "redis-server"));

        string errors = _node.FailingUp("second", Service(Client.FreePort(), "redis-server"));

        Assert.Contains("10.219.0.0/24", errors, StringComparison.Ordinal);
        Assert.Contains("FIGMENT_SUBNET_POOL", errors, StringComparison.Ordinal);
        _node.Down("first");
        _node.Up("second", Service(Client.FreePort(), "redis-server"));
    }

    [Fact]
    public async Task Down_in_the_middle_of_a_start_leaves_nothing()
    {
        int port = Client.FreePort();
        _node.Up("midway", Service(port, "sh -c 'sleep 30; exec redis-server'"));
        using var socket = await Client.ConnectAsync(port);
        FigmentNode.Eventually("it starts", () => _node.Machine("midway", "s-1").State == MachineState.Starting ? null : "not yet");

        _node.Down("midway");

        Assert.Empty(_node.Processes("figment-box"));
        Assert.Empty(_node.Processes("figment-keeper"));
    }

    [Fact]
    public async Task A_keeper_that_is_killed_on_the_way_down_is_started_once_more_for_it()
    {
        _node.Up("halfway", """
            services:
              s:
                command: ["sh", "-c", "trap '' TERM; echo begun; while :; do sleep 0.1; done"]
                stop_grace_period: 3s
                x-figment: { root: host, start: eager }
            """);
        FigmentNode.Eventually("it has begun", () => _node.Run("logs", "-p", "halfway", "s-1").Contains("begun", StringComparison.Ordinal) ? null : "not yet");
        var down = Task.Run(() => _node.Down("halfway"));
        FigmentNode.Eventually("it is being stopped", () => File.ReadAllText(Path.Combine(_node.RuntimeDirectory, "apps", "halfway", "keeper.log")).Contains("-> Stopping", StringComparison.Ordinal) ? null : "not yet");
        using var keeper = Pidfd.Open(_node.Processes("figment-keeper").Single());
        keeper.Signal(SIGKILL);

        await down;
        Assert.DoesNotContain("halfway", _node.Run("ls"), StringComparison.Ordinal);
        Assert.Empty(_node.Processes("figment-box"));
        Assert.Empty(_node.Processes("figment-keeper"));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_node.RuntimeDirectory, "apps")));
    }

    [Fact]
    public async Task Two_ups_of_one_project_at_once_end_as_one_application()
    {
        int port = Client.FreePort();
        string file = _node.Write("twice", Service(port, "redis-server --save '' --protected-mode no"));
        _node.Up("twice", File.ReadAllText(file));
        using var one = _node.Start("up", "-p", "twice", "-f", file);
        using var two = _node.Start("up", "-p", "twice", "-f", file);
        one.WaitForExit();
        two.WaitForExit();

        Assert.Equal(0, one.ExitCode);
        Assert.Equal(0, two.ExitCode);
        Assert.Single(_node.Machines("twice"));
        Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));
    }

    [Fact]
    public async Task A_client_that_gives_up_while_it_starts_does_no_harm()
    {
        int port = Client.FreePort();
        _node.Up("impatient", Service(port, "redis-server --save '' --protected-mode no"));
        using (await Client.ConnectAsync(port))
        {
            // Closed before anything could answer.
        }

        Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));
    }

    private static string Service(int port, string command) => $$"""
        services:
          s:
            command: {{System.Text.Json.JsonSerializer.Serialize(command)}}
            ports: ["{{port}}:6379"]
            x-figment: { root: host }
        """;
}
