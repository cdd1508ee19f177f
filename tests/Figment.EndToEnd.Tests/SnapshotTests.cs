using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>Users make snapshots of machines and go back to them. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class SnapshotTests : IDisposable
{
    private readonly FigmentNode _node = new();

    /// <summary>Where the daemon has snapshots written before they go into its store.</summary>
    private string Taken => Path.Combine(_node.StateDirectory, "taken");

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task Left_running_it_goes_on_and_there_is_a_way_back()
    {
        int port = Client.FreePort(), metrics = Client.FreePort();
        _node.Variables["FIGMENT_METRICS"] = $"127.0.0.1:{metrics}";
        _node.Up("back", Redis(port) + """

              b:
                command: sleep infinity
                stop_grace_period: 100ms
                x-figment: { root: host, start: eager }
            """);
        using var connection = await Client.ConnectAsync(port);
        Assert.Equal("+OK", await Client.AskAsync(connection, "SET greeting before"));
        _node.Run("exec", "-T", "-p", "back", "a-1", "sh", "-c", "echo before > /srv/note");

        string[] ids = _node.Run("checkpoint", "-q", "--leave-running", "--name", "first", "-p", "back", "a", "b").Trim().Split('\n');
        string id = ids[0];
        Assert.Equal(2, ids.Length);

        Assert.Matches("^[0-9a-f]{32}$", id);
        Assert.Equal("+OK", await Client.AskAsync(connection, "SET greeting after"));
        _node.Run("exec", "-T", "-p", "back", "a-1", "sh", "-c", "echo after and more > /srv/note");
        var refused = _node.Try("restore", "-p", "back", "a-1");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("figment restore --force", refused.Errors, StringComparison.Ordinal);
        Assert.Equal("$5\r\nafter", await Client.AskAsync(connection, "GET greeting"));

        Assert.Matches(@"a-1  running.* \(read in [0-9]+ ms, .*; began in [0-9]+ ms\)", _node.Run("restore", "--force", "--from", "first", "-p", "back", "a-1"));

        await AssertEndsAsync(connection);
        Assert.Equal("$6\r\nbefore", await Client.AskAsync(port, "GET greeting"));
        Assert.Equal("before\n", _node.Run("exec", "-T", "-p", "back", "a-1", "cat", "/srv/note"));
        Assert.Contains("restore", _node.Run("why", "-p", "back", "a-1"), StringComparison.Ordinal);

        var other = _node.Try("restore", "--force", "--from", ids[1], "-p", "back", "a-1");
        Assert.NotEqual(0, other.Code);
        Assert.Contains("is of back/b-1", other.Errors, StringComparison.Ordinal);

        // As often as one likes: the snapshot stays.
        _node.Run("restore", "--force", "--from", id[..8], "-p", "back", "a-1");
        Assert.Equal("$6\r\nbefore", await Client.AskAsync(port, "GET greeting"));
        Assert.Contains("first", _node.Run("snapshot", "ls"), StringComparison.Ordinal);

        using var client = new HttpClient();
        string counted = await client.GetStringAsync(new Uri($"http://127.0.0.1:{metrics}/metrics"));
        Assert.Contains("figment_machine_snapshots_total{application=\"back\",service=\"a\",use=\"user\",outcome=\"done\"} 1\n", counted, StringComparison.Ordinal);
        Assert.Contains("figment_machine_restores_total{application=\"back\",service=\"a\",use=\"user\",outcome=\"done\"} 2\n", counted, StringComparison.Ordinal);
        Assert.Matches("figment_machine_snapshot_standstill_seconds_total{application=\"back\",service=\"a\",use=\"user\"} 0\\.[0-9]+\n", counted);
        Assert.Matches("figment_machine_snapshot_io_bytes_total{application=\"back\",service=\"a\",use=\"user\"} [0-9]{6,}\n", counted);
        Assert.Matches("figment_snapshot_store_size_bytes [0-9]{5,}\n", counted);
    }

    [Fact]
    public async Task Otherwise_it_is_stopped_as_of_the_snapshot_and_goes_on_from_there_also_after_down_and_up()
    {
        int port = Client.FreePort();
        _node.Up("later", Redis(port));
        using var connection = await Client.ConnectAsync(port);
        Assert.Equal("+OK", await Client.AskAsync(connection, "SET greeting hello"));

        _node.Run("checkpoint", "-p", "later", "a-1");

        await AssertEndsAsync(connection);
        Assert.Equal(MachineState.Stopped, _node.Machine("later", "a-1").State);
        Assert.Empty(_node.Processes("figment-box"));
        _node.Run("restore", "-p", "later", "a-1");
        Assert.Equal("$5\r\nhello", await Client.AskAsync(port, "GET greeting"));

        _node.Down("later");
        _node.Up("later", Redis(port));
        Assert.Equal("$-1", await Client.AskAsync(port, "GET greeting"));
        _node.Run("restore", "--force", "-p", "later", "a-1");
        Assert.Equal("$5\r\nhello", await Client.AskAsync(port, "GET greeting"));
        using var again = await Client.ConnectAsync(port);
        Assert.Equal("+OK", await Client.AskAsync(again, "SET greeting more"));

        _node.Up("later", Redis(port, "--maxmemory 100mb"));
        var refused = _node.Try("restore", "--force", "-p", "later", "a-1");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("as it was specified", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_that_finds_no_place_is_not_the_end_of_its_machine()
    {
        _node.Variables["FIGMENT_SNAPSHOT_QUOTA"] = "64K";
        int port = Client.FreePort();
        _node.Up("full", Redis(port));
        Assert.Equal("+OK", await Client.AskAsync(port, "SET greeting hello"));

        var refused = _node.Try("checkpoint", "-p", "full", "a-1");

        Assert.NotEqual(0, refused.Code);
        Assert.Contains("a-1 has gone on from where it was", refused.Errors, StringComparison.Ordinal);
        Assert.Equal("$5\r\nhello", await Client.AskAsync(port, "GET greeting"));
        Assert.Equal("", _node.Run("snapshot", "ls", "-q"));
    }

    [Fact]
    public void A_check_says_what_is_in_the_way_and_changes_nothing()
    {
        _node.Up("check", """
            services:
              fit:
                command: sleep infinity
                stop_grace_period: 100ms
                x-figment: { root: host, start: eager }
              terminal:
                command: sleep infinity
                stop_grace_period: 100ms
                tty: true
                x-figment: { root: host, start: eager }
            """);
        FigmentNode.Eventually("both run", () => _node.Machines("check").All(machine => machine.State == MachineState.Running) ? null : "not yet");
        int before = _node.Machine("check", "fit-1").Pid!.Value;

        Assert.Contains("fit-1  can be put into a snapshot (stood still for ", _node.Run("checkpoint", "--check", "-p", "check", "fit"), StringComparison.Ordinal);
        var refused = _node.Try("checkpoint", "--check", "-p", "check", "terminal");

        Assert.NotEqual(0, refused.Code);
        Assert.Contains("terminal", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(before, _node.Machine("check", "fit-1").Pid);
        Assert.Equal("", _node.Run("snapshot", "ls", "-q"));
    }

    /// <summary>Whoever is killed when: the machine runs, or its snapshot is there.</summary>
    [Theory]
    [InlineData("figment-keeper")]
    [InlineData("figmentd")]
    public async Task Killed_meanwhile_nobody_loses_the_machine(string program)
    {
        int port = Client.FreePort();
        await FillAsync("killed", port, 50_000);
        Assert.Equal("+OK", await Client.AskAsync(port, "SET greeting hello"));

        await CheckpointKillingAsync(program, "-p", "killed", "a-1");

        FigmentNode.Eventually("what was under way is over", () =>
        {
            bool runs = _node.Machine("killed", "a-1") is { State: MachineState.Running, Pid: not null };
            bool isThere = _node.Run("snapshot", "ls", "-q").Length > 0;
            return Directory.EnumerateDirectories(Taken).Any() || !(runs || isThere) ? $"runs: {runs}, snapshot: {isThere}" : null;
        });
        if (_node.Run("snapshot", "ls", "-q").Length > 0)
        {
            _node.Run("restore", "--force", "-p", "killed", "a-1");
        }

        Assert.Equal("$5\r\nhello", await Client.AskAsync(port, "GET greeting"));
    }

    /// <summary>The next keeper hears of a snapshot that it has not asked for, of a machine that goes on.</summary>
    [Fact]
    public async Task Left_running_it_is_running_for_the_next_keeper_too()
    {
        int port = Client.FreePort();
        await FillAsync("left", port, 100_000);
        int pid = _node.Machine("left", "a-1").Pid!.Value;

        await CheckpointKillingAsync("figment-keeper", "-R", "-p", "left", "a-1");

        AwaitTaken();
        FigmentNode.Eventually("it runs, as the same process", () => _node.Machine("left", "a-1") is { State: MachineState.Running } machine && machine.Pid == pid ? null : _node.Machine("left", "a-1").ToString());
        Assert.Equal(":100000", await Client.AskAsync(port, "DBSIZE"));
    }

    /// <summary>It is a user's, and no hibernation: nobody but the user brings the machine back.</summary>
    [Fact]
    public async Task Stopped_by_a_snapshot_it_is_stopped_for_the_next_keeper_too()
    {
        int port = Client.FreePort();
        await FillAsync("stopped", port, 100_000);

        await CheckpointKillingAsync("figment-keeper", "-p", "stopped", "a-1");

        FigmentNode.Eventually("it is stopped", () => _node.Machine("stopped", "a-1") is { State: MachineState.Stopped } ? null : _node.Machine("stopped", "a-1").ToString());
        AwaitTaken();
        Assert.NotEqual("", _node.Run("snapshot", "ls", "-q"));
        _node.Run("restore", "-p", "stopped", "a-1");
        Assert.Equal(":100000", await Client.AskAsync(port, "DBSIZE"));
    }

    [Fact]
    public async Task A_damaged_snapshot_is_refused_before_anything_ends_and_one_from_elsewhere_is_taken_in()
    {
        int port = Client.FreePort();
        _node.Up("damaged", Redis(port));
        Assert.Equal("+OK", await Client.AskAsync(port, "SET greeting hello"));
        string id = _node.Run("checkpoint", "-q", "-R", "-p", "damaged", "a-1").Trim();
        string file = Path.Combine(_node.Folder("out"), "a.snapshot");
        _node.Run("snapshot", "export", id, "-o", file);
        string pack = Directory.EnumerateFiles(Path.Combine(_node.StateDirectory, "snapshots", "packs"), "*.pack").Single();
        using (var stream = File.Open(pack, FileMode.Open))
        {
            stream.Position = stream.Length / 2;
            int old = stream.ReadByte();
            stream.Position--;
            stream.WriteByte((byte)(old ^ 1));
        }

        var refused = _node.Try("restore", "--force", "-p", "damaged", "a-1");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("damaged", refused.Errors, StringComparison.Ordinal);
        Assert.Equal("$5\r\nhello", await Client.AskAsync(port, "GET greeting"));

        Assert.Equal("+OK", await Client.AskAsync(port, "SET greeting other"));
        _node.Run("snapshot", "rm", id);
        string imported = _node.Run("snapshot", "import", file).Trim();
        Assert.NotEqual(id, imported);
        _node.Run("restore", "--force", "-p", "damaged", "a-1");
        Assert.Equal("$5\r\nhello", await Client.AskAsync(port, "GET greeting"));
        Assert.Equal("a-1", JsonDocument.Parse(_node.Run("snapshot", "inspect", imported)).RootElement[0].GetProperty("snapshot").GetProperty("machine").GetString());
    }

    private async Task FillAsync(string application, int port, int thousandBytes)
    {
        _node.Up(application, Redis(port));
        string script = string.Create(CultureInfo.InvariantCulture, $"for i = 1, {thousandBytes} do redis.call('set', 'k' .. i, string.rep('x', 1000)) end return 'done'");
        Assert.StartsWith("$", await Client.AskAsync(port, $"EVAL \"{script}\" 0"), StringComparison.Ordinal);
    }

    /// <summary>A snapshot whose keeper or daemon is killed while it is written.</summary>
    private async Task CheckpointKillingAsync(string program, params string[] arguments)
    {
        using var command = _node.Start(["checkpoint", .. arguments]);
        FigmentNode.Eventually("it is being written", () => Directory.Exists(Taken) && Directory.EnumerateDirectories(Taken).Any() ? null : "not yet");
        using var kill = Process.Start("kill", ["-KILL", string.Create(CultureInfo.InvariantCulture, $"{_node.Processes(program).Single()}")]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await command.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private void AwaitTaken() => FigmentNode.Eventually("what was under way is over", () => Directory.EnumerateDirectories(Taken).Any() ? "not yet" : null);

    private static string Redis(int port, string more = "") => $$"""
        services:
          a:
            command: redis-server --save "" --protected-mode no --dir /tmp {{more}}
            ports: ["{{port}}:6379"]
            x-figment: { root: host }
        """;

    private static async Task AssertEndsAsync(Socket socket)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1], timeout.Token));
        }
        catch (SocketException exception)
        {
            Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
        }
    }
}
