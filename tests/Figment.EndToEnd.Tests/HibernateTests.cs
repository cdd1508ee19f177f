using System.Diagnostics;
using System.Net.Sockets;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>Machines that nothing needs for longer are on storage, with their connections. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class HibernateTests : IDisposable
{
    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_machine_on_storage_has_no_process_and_answers_who_comes_on_old_and_new_connections()
    {
        int port = Client.FreePort();
        _node.Up("stored", Redis(port));
        using var connection = await Client.ConnectAsync(port);
        Assert.Equal("+OK", await Client.AskAsync(connection, "SET greeting hello"));
        int program = _node.Machine("stored", "a-1").Pid!.Value;
        int box = _node.BoxOf("stored", "a-1");
        string why = "";
        for (int time = 0; time < 3; time++)
        {
            AwaitHibernated("stored", "a-1");
            var stored = _node.Machine("stored", "a-1");
            Assert.Null(stored.Pid);
            Assert.False(Directory.Exists($"/proc/{program}") && time == 0);
            FigmentNode.Eventually("its box has ended", () => Directory.Exists($"/proc/{box}") ? "it lives" : null);
            Assert.Equal("$5\r\nhello", await Client.AskAsync(connection, "GET greeting"));
            FigmentNode.Eventually("it runs again", () => _node.Machine("stored", "a-1").State == MachineState.Hibernated ? "not yet" : null);
            why = _node.Run("why", "-p", "stored", "a-1");
        }

        AwaitHibernated("stored", "a-1");
        Assert.Contains("hibernated", _node.Run("ps", "-p", "stored"), StringComparison.Ordinal);
        Assert.Equal("$5\r\nhello", await Client.AskAsync(port, "GET greeting"));
        Assert.Equal("$5\r\nhello", await Client.AskAsync(connection, "GET greeting"));

        Assert.Matches(@"\nwent to storage at .*: it was idle: frozen for 0\.5 s; put on storage in \d+ ms\n", why);
        Assert.Matches(@"(^a-1 is \w+ since|\ncame back from storage at) .*: something came to 6379/tcp from 127\.0\.0\.1:\d+; ready after \d\.\d{3} s\n", why);
        FigmentNode.Eventually("what it came back from is gone", () => Directory.Exists(StoredIn("stored", "a-1")) && Directory.GetDirectories(StoredIn("stored", "a-1"), "*.used").Length > 0 ? "not yet" : null);
        Assert.Single(_node.Run("logs", "--no-prefix", "-p", "stored", "a-1").Split('\n'), line => line.Contains("Ready to accept connections", StringComparison.Ordinal));
    }

    /// <summary>A writes to B over a connection that both had before.</summary>
    [Fact]
    public async Task What_one_that_came_back_sends_brings_the_other_back()
    {
        int port = Client.FreePort();
        _node.Up("chain", Redis(port) + """

              b:
                command: sh -c 'sleep 1; exec redis-cli -h a blpop list 0'
                depends_on: [a]
                x-figment: { root: host, start: eager, idle: { freeze-after: 500ms, hibernate-after: 500ms } }
            """);
        AwaitHibernated("chain", "b-1");
        AwaitHibernated("chain", "a-1");

        Assert.Equal(":1", await Client.AskAsync(port, "LPUSH list word"));

        FigmentNode.Eventually("b-1 has read its word", () => _node.Run("logs", "-p", "chain", "b-1").Contains("word", StringComparison.Ordinal) ? null : "not yet");
        string why = _node.Run("why", "-p", "chain", "b-1");
        Assert.Contains("something came to", why, StringComparison.Ordinal);
        Assert.Contains("from a-1 (", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_bring_it_back_and_stop_ends_it_as_it_asks_for()
    {
        int port = Client.FreePort();
        _node.Up("commands", Redis(port));
        Assert.Equal("+OK", await Client.AskAsync(port, "SET greeting hello"));
        AwaitHibernated("commands", "a-1");
        Assert.Equal("hello\n", _node.Run("exec", "-T", "-p", "commands", "a-1", "redis-cli", "get", "greeting"));
        AwaitHibernated("commands", "a-1");
        _node.Run("start", "-p", "commands", "a-1");
        Assert.Equal(MachineState.Running, _node.Machine("commands", "a-1").State);
        AwaitHibernated("commands", "a-1");
        var refused = _node.Try("rm", "-p", "commands", "a-1");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("stop it first", refused.Errors, StringComparison.Ordinal);

        _node.Run("stop", "-p", "commands", "a-1");

        Assert.Equal(MachineState.Stopped, _node.Machine("commands", "a-1").State);
        Assert.Contains("User requested shutdown", _node.Run("logs", "-p", "commands", "a-1"), StringComparison.Ordinal);
        _node.Run("start", "-p", "commands", "a-1");
        Assert.Equal("$-1", await Client.AskAsync(port, "GET greeting"));

        AwaitHibernated("commands", "a-1");
        _node.Run("rm", "-f", "-p", "commands", "a-1");
        Assert.Equal(MachineState.Imaginary, _node.Machine("commands", "a-1").State);
        FigmentNode.Eventually("nothing is left of it", () => Directory.Exists(StoredIn("commands", "a-1")) ? "its folder is there" : null);
    }

    [Fact]
    public async Task Down_ends_what_is_on_storage_and_leaves_nothing_there()
    {
        int port = Client.FreePort();
        _node.Up("gone", Redis(port));
        Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));
        AwaitHibernated("gone", "a-1");
        string folder = StoredIn("gone", "a-1");
        Assert.Single(Directory.GetDirectories(folder));

        _node.Down("gone");

        FigmentNode.Eventually("nothing is left of it", () => Directory.Exists(folder) ? "its folder is there" : null);
    }

    [Fact]
    public async Task A_keeper_that_is_killed_loses_its_connections_and_not_what_it_knew()
    {
        int port = Client.FreePort();
        _node.Up("keeperless", Redis(port));
        using var connection = await Client.ConnectAsync(port);
        Assert.Equal("+OK", await Client.AskAsync(connection, "SET greeting hello"));
        AwaitHibernated("keeperless", "a-1");
        using (var keeper = Process.GetProcessById(Assert.Single(_node.Processes("figment-keeper"))))
        {
            keeper.Kill();
            await keeper.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(MachineState.Hibernated, _node.Machine("keeperless", "a-1").State);

        // Its published port refuses until the next keeper is there.
        FigmentNode.Eventually("the next keeper serves", () => _node.Processes("figment-keeper").Count == 1 && _node.Machine("keeperless", "a-1").Ports.Count > 0 && CanConnect(port) ? null : "not yet");
        Assert.Equal("$5\r\nhello", await Client.AskAsync(port, "GET greeting"));
        await AssertClosedAsync(connection);
        FigmentNode.Eventually(
            "redis has only the new one",
            () => _node.Run("exec", "-T", "-p", "keeperless", "a-1", "redis-cli", "client", "list").Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: 1 } ? null : "not yet");
        Assert.True(_node.Machine("keeperless", "a-1").State is MachineState.Running or MachineState.Frozen);
    }

    [Fact]
    public async Task Without_the_daemon_it_comes_back_and_goes_again()
    {
        int port = Client.FreePort();
        _node.Up("daemonless", Redis(port));
        using var connection = await Client.ConnectAsync(port);
        Assert.Equal("+PONG", await Client.AskAsync(connection, "PING"));
        AwaitHibernated("daemonless", "a-1");
        using (var daemon = Process.GetProcessById(_node.DaemonPid()))
        {
            daemon.Kill();
            await daemon.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal("+PONG", await Client.AskAsync(connection, "PING"));
        FigmentNode.Eventually("it is on storage again", () => Directory.Exists(StoredIn("daemonless", "a-1")) && Directory.GetDirectories(StoredIn("daemonless", "a-1")) is [var folder] && !folder.EndsWith(".new", StringComparison.Ordinal) ? null : "not yet");
        Assert.Equal("+PONG", await Client.AskAsync(connection, "PING"));
    }

    /// <summary>With so much memory that it answers before that is there. Before it runs it is still on storage, afterwards its program has ended: never does it answer anything else than it knew.</summary>
    [Fact]
    public async Task A_box_that_is_killed_while_its_machine_comes_back_costs_at_most_the_program()
    {
        const string Fill = "EVAL \"for i = 1, 200000 do redis.call('set', 'k' .. i, string.rep('x', 1000)) end return redis.call('set', 'greeting', 'hello')\" 0";
        int port = Client.FreePort();
        _node.Up("killed", Redis(port));
        int kept = 0;
        foreach (int milliseconds in new[] { 0, 40, 120, 300 })
        {
            if (await AnswerAsync(port, "GET greeting") is "$-1")
            {
                Assert.Equal("+OK", await AnswerAsync(port, Fill));
            }

            AwaitHibernated("killed", "a-1");
            using var client = await Client.ConnectAsync(port);
            await client.SendAsync("GET k77\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            FigmentNode.Eventually("a box brings it back", () => _node.Processes("figment-box").Count > 0 ? null : "no box");
            await Task.Delay(milliseconds, TestContext.Current.CancellationToken);
            foreach (int box in _node.Processes("figment-box"))
            {
                using var process = Process.GetProcessById(box);
                process.Kill();

                // Its program is told to end before it is gone: what answers from now on is not about to.
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            // It may have been answered before, and by the machine that came back after all.
            string answer = await AnswerAsync(client);
            Assert.True(answer is "" or "$-1" || answer.StartsWith("$1000\r\nxxx", StringComparison.Ordinal) || (answer.Length > 0 && answer.All('x'.Equals)), answer);
            string greeting = await AnswerAsync(port, "GET greeting");
            Assert.Contains(greeting, (string[])["$5\r\nhello", "$-1"]);
            kept += greeting is "$-1" ? 0 : 1;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{kept} times it knew what it had known");
        Assert.Equal("+PONG", await AnswerAsync(port, "PING"));
    }

    [Fact]
    public async Task What_is_damaged_is_refused_stays_and_can_be_discarded()
    {
        int port = Client.FreePort();
        _node.Up("damaged", Redis(port));
        Assert.Equal("+OK", await Client.AskAsync(port, "SET greeting hello"));
        AwaitHibernated("damaged", "a-1");
        string image = Directory.GetFiles(Assert.Single(Directory.GetDirectories(StoredIn("damaged", "a-1"))), "pages-*.img").Order(StringComparer.Ordinal).First();
        using (var file = File.OpenWrite(image))
        {
            file.SetLength(file.Length - 1);
        }

        var failed = _node.Try("start", "-p", "damaged", "a-1");

        Assert.NotEqual(0, failed.Code);
        Assert.Contains("it did not come back from storage, where it still is", failed.Errors, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(image), failed.Errors, StringComparison.Ordinal);
        Assert.Equal(MachineState.Failed, _node.Machine("damaged", "a-1").State);
        using (var file = File.OpenWrite(image))
        {
            file.SetLength(file.Length + 1);
        }

        // It is whole again, but for one byte of a page that redis does not look at.
        _node.Run("start", "-p", "damaged", "a-1");
        Assert.Equal("$5\r\nhello", await Client.AskAsync(port, "GET greeting"));

        AwaitHibernated("damaged", "a-1");
        File.Delete(Path.Combine(Assert.Single(Directory.GetDirectories(StoredIn("damaged", "a-1"))), "machine.json"));
        Assert.NotEqual(0, _node.Try("start", "-p", "damaged", "a-1").Code);
        _node.Run("rm", "-p", "damaged", "a-1");
        Assert.Equal("$-1", await Client.AskAsync(port, "GET greeting"));
    }

    [Fact]
    public async Task What_has_no_room_there_or_cannot_go_stays_in_memory_and_says_why()
    {
        int port = Client.FreePort();
        string folder = StoredIn("full", "a-1");
        Directory.CreateDirectory(folder);
        Run("mount", "-t", "tmpfs", "-o", "size=64k", "figment-test", folder);
        try
        {
            _node.Up("full", Redis(port) + """

                  b:
                    command: cat
                    tty: true
                    x-figment: { root: host, start: eager, idle: { freeze-after: 500ms, hibernate-after: 500ms } }
                """);
            using var connection = await Client.ConnectAsync(port);
            Assert.Equal("+PONG", await Client.AskAsync(connection, "PING"));
            AwaitNotStored("full", "a-1", "No space left on device");
            AwaitNotStored("full", "b-1", "its program has a terminal");
            Assert.Matches(@"b-1 .* frozen \(stays in memory\)", _node.Run("ps", "-p", "full"));
            Assert.Contains("it could not be put on storage: its program has a terminal", _node.Run("why", "-p", "full", "b-1"), StringComparison.Ordinal);
            Assert.Equal("+PONG", await Client.AskAsync(connection, "PING"));
            Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));
            Assert.Empty(Directory.GetFileSystemEntries(folder));
        }
        finally
        {
            Run("umount", folder);
        }
    }

    /// <summary>Its sleep ends fourteen seconds after it began, wherever it was.</summary>
    [Fact]
    public void What_waits_for_a_time_comes_back_for_it()
    {
        _node.Up("clock", """
            services:
              a:
                command: ["/usr/bin/python3", "-uc", "import time; t = time.monotonic(); time.sleep(14); print('slept', round(time.monotonic() - t), flush=True); time.sleep(1000)"]
                x-figment: { root: host, start: eager, idle: { freeze-after: 500ms, hibernate-after: 500ms } }
            """);
        AwaitHibernated("clock", "a-1");

        FigmentNode.Eventually("it has slept", () => _node.Run("logs", "-p", "clock", "a-1").Contains("slept 14", StringComparison.Ordinal) ? null : _node.Run("logs", "-p", "clock", "a-1"));
        Assert.Contains("a wait of it ends", _node.Run("why", "-p", "clock", "a-1"), StringComparison.Ordinal);
    }

    private static string Redis(int port) => $$"""
        services:
          a:
            command: redis-server --save "" --protected-mode no --dir /tmp
            ports: ["{{port}}:6379"]
            x-figment: { root: host, idle: { freeze-after: 500ms, hibernate-after: 500ms } }
        """;

    /// <summary>Of a client that tries again when it is reset: whoever comes between the end of the box and its keeper's notice of it is.</summary>
    private static async Task<string> AnswerAsync(int port, string line)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"nobody answers {line}");
            try
            {
                if (await Client.AskAsync(port, line) is { Length: > 0 } answer)
                {
                    return answer;
                }
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionRefused && clock.Elapsed < TimeSpan.FromSeconds(20))
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Empty: it has been reset.</summary>
    private static async Task<string> AnswerAsync(Socket client)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        byte[] buffer = new byte[4096];
        try
        {
            return System.Text.Encoding.ASCII.GetString(buffer, 0, await client.ReceiveAsync(buffer, timeout.Token)).TrimEnd();
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            return "";
        }
    }

    private static async Task AssertClosedAsync(Socket socket)
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

    private static bool CanConnect(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(System.Net.IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private string StoredIn(string application, string machine) => Path.Combine(_node.StateDirectory, "apps", application, "machines", machine, "hibernated");

    private void AwaitHibernated(string application, string machine) =>
        FigmentNode.Eventually(
            $"{machine} is on storage",
            () => _node.Machine(application, machine) is { State: MachineState.Hibernated } ? null : $"{_node.Machine(application, machine)}; {_node.Run("why", "-p", application, machine)}");

    private void AwaitNotStored(string application, string machine, string why) =>
        FigmentNode.Eventually(
            $"{machine} says why it is not on storage",
            () => _node.Machine(application, machine) is { State: MachineState.Frozen, NotStored: { } reason } && reason.Contains(why, StringComparison.Ordinal) ? null : $"{_node.Machine(application, machine)}");
}
