using System.Diagnostics;
using System.Text.Json;
using Figment.Api.Client;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>Machines that go on at the other node before their memory is there, while somebody speaks to them.</summary>
public sealed class OwedMigrationTests : IDisposable
{
    private const int Keys = 30_000;

    private const string Shop = """
        services:
          cache:
            x-figment: { root: host, idle: { freeze-after: never } }
            command: [redis-server, --save, "", --protected-mode, "no", --dir, /var/tmp]
            expose: ["6379"]
          web:
            x-figment: { root: host, idle: { freeze-after: never } }
            command: [python3, -m, http.server, "8080"]
            stop_grace_period: 100ms
            expose: ["8080"]
        """;

    private readonly NodePair _nodes = new();

    private FigmentNode A => _nodes.A;

    private FigmentNode B => _nodes.B;

    public void Dispose() => _nodes.Dispose();

    [Theory]
    [InlineData("nothing")]
    [InlineData("target's daemon")]
    [InlineData("source's daemon")]
    [InlineData("both daemons")]
    [InlineData("wire")]
    public async Task Whatever_fails_while_memory_is_owed_all_of_it_comes_and_no_answer_is_lost(string fails)
    {
        Begin();
        using var counter = MachineCounter.Begin(A, "shop");
        using var migration = A.Start("migrate", "-p", "shop", "--mode", "postcopy", "cache-1", "b");
        AwaitFilling(migration);
        switch (fails)
        {
            case "wire":
                _nodes.Cut(true);
                migration.WaitForExit(TimeSpan.FromSeconds(1));
                _nodes.Cut(false);
                break;
            case "nothing":
                break;
            default:
                foreach (var node in (FigmentNode[])[.. fails.StartsWith('t') ? [] : (FigmentNode[])[A], .. fails.StartsWith('s') ? [] : (FigmentNode[])[B]])
                {
                    Kill(node.Processes("figmentd").Single());
                }

                break;
        }

        _nodes.Slow(false);
        await SettledAsync(A, B);
        Assert.Equal($"{Keys + 1}\n", B.Run("exec", "-p", "shop", "cache-1", "redis-cli", "dbsize"));

        // A source that is done has some things to tidy up before it takes the machine again.
        FigmentNode.Eventually("it goes back", () => B.Try("migrate", "-p", "shop", "--mode", "postcopy", "cache-1", "a") is { Code: not 0, Errors: var errors } ? errors : null);
        await SettledAsync(B, A);
        counter.End();
        Assert.Equal("950\n", A.Run("exec", "-p", "shop", "cache-1", "redis-cli", "strlen", "7"));
        Assert.Equal($"{Keys + 1}\n", A.Run("exec", "-p", "shop", "cache-1", "redis-cli", "dbsize"));
        A.Down("shop");
    }

    /// <summary>It neither hangs nor goes on with zeros.</summary>
    [Fact]
    public void Memory_that_goes_with_the_box_that_has_it_is_said_and_the_machine_is_started_anew()
    {
        Begin();
        using var migration = A.Start("migrate", "-p", "shop", "--mode", "postcopy", "cache-1", "b");
        AwaitFilling(migration);
        int pid = B.Machine("shop", "cache-1").Pid!.Value;
        Kill(A.BoxOf("shop", "cache-1"));
        FigmentNode.Eventually("its memory is lost and it has ended", () => Directory.Exists($"/proc/{pid}") ? B.Run("why", "-p", "shop", "cache-1") : null, seconds: 20);
        _nodes.Slow(false);
        FigmentNode.Eventually("it answers anew", () => A.Try("exec", "-p", "shop", "web-1", "redis-cli", "-h", "cache-1", "dbsize") is { Output: "0\n" } ? null : B.Run("why", "-p", "shop", "cache-1"), seconds: 30);
        Assert.Equal(MachineState.Elsewhere, A.Machine("shop", "cache-1").State);
        Assert.Contains("is ended: memory that is missing cannot be given: the box at node a that had it has ended", BoxLog(), StringComparison.Ordinal);
        A.Down("shop");
    }

    /// <summary>The original has none that it could go on with: it stands still, and what its clients were told since is elsewhere.</summary>
    [Fact]
    public async Task A_machine_whose_box_dies_while_memory_is_owed_to_it_has_ended_and_the_original_with_it()
    {
        Begin();
        int original = A.Machine("shop", "cache-1").Pid!.Value;
        using var migration = A.Start("migrate", "-p", "shop", "--mode", "postcopy", "cache-1", "b");
        AwaitFilling(migration);
        Kill(B.BoxOf("shop", "cache-1"));
        _nodes.Slow(false);
        FigmentNode.Eventually("the original has ended", () => Directory.Exists($"/proc/{original}") ? A.Run("why", "-p", "shop", "cache-1") : null, seconds: 30);
        FigmentNode.Eventually("it answers anew", () => A.Try("exec", "-p", "shop", "web-1", "redis-cli", "-h", "cache-1", "dbsize") is { Output: "0\n" } ? null : B.Run("why", "-p", "shop", "cache-1"), seconds: 30);
        await SettledAsync(A, B);
        A.Down("shop");
    }

    /// <summary>Writes all of its memory again and again, and says whether all of it is of one time.</summary>
    private const string Restless = """
        import socket, threading
        pages, lock = bytearray(2 << 20), threading.Lock()
        def write():
            count = 0
            while True:
                count += 1
                with lock:
                    pages[:] = bytes([count % 251]) * len(pages)
        threading.Thread(target=write, daemon=True).start()
        client, _ = socket.create_server(("0.0.0.0", 8080)).accept()
        while client.recv(1):
            with lock:
                client.sendall(b"+" if pages.count(pages[0]) == len(pages) else b"-")
        """;

    private const string Asking = """
        import select, socket, sys
        client = socket.create_connection((sys.argv[1], 8080))
        count = 0
        while not select.select([sys.stdin], [], [], 0.01)[0]:
            client.sendall(b"?")
            answer = client.recv(1)
            count += 1
            if answer != b"+":
                print("answer", count, "is", answer)
                sys.exit(1)
            if count == 1:
                print("begun", flush=True)
        print("whole", count)
        """;

    /// <summary>On a wire of 20 Mbit/s a round takes most of a second, and in each it writes all anew.</summary>
    [Fact]
    public async Task Of_a_program_that_writes_faster_than_the_wire_takes_it_the_rest_comes_later()
    {
        A.Up("shop", $"""
            services:
              cache:
                x-figment: {"{"} root: host, idle: {"{"} freeze-after: never {"}"} {"}"}
                command: [python3, -c, {JsonSerializer.Serialize(Restless)}]
                stop_grace_period: 100ms
                expose: ["8080"]
              web:
                x-figment: {"{"} root: host, idle: {"{"} freeze-after: never {"}"} {"}"}
                command: [sleep, infinity]
                stop_grace_period: 100ms
            """);
        A.Run("start", "-p", "shop", "cache-1", "web-1");
        var start = new ProcessStartInfo("nsenter", [$"--net=/proc/{A.Machine("shop", "web-1").Pid}/ns/net", "python3", "-c", Asking, A.Machine("shop", "cache-1").Addresses[0].Value])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var client = Process.Start(start)!;
        Assert.Equal("begun", client.StandardOutput.ReadLine());
        _nodes.Slow(true);

        string moved = A.Run("migrate", "-p", "shop", "--mode", "auto", "cache-1", "b");

        Assert.Matches("copying .* ms, standing .* ms, dumping .* ms, .*filling .* ms", moved);
        _nodes.Slow(false);
        await SettledAsync(A, B);
        client.StandardInput.Close();
        string said = client.StandardOutput.ReadToEnd();
        Assert.True(said.StartsWith("whole ", StringComparison.Ordinal), said);
        A.Down("shop");
    }

    private string BoxLog() => string.Concat(Directory.GetFiles(B.RuntimeDirectory, "box.log*", SearchOption.AllDirectories).Select(File.ReadAllText));

    private void Begin()
    {
        A.Up("shop", Shop);
        A.Run("start", "-p", "shop", "cache-1", "web-1");
        A.Run("exec", "-p", "shop", "cache-1", "redis-cli", "eval", $"for i = 1, {Keys} do redis.call('set', i, string.rep('x', 950)) end redis.call('set', 'count', 0)", "0");
        _nodes.Slow(true);
    }

    private static void AwaitFilling(Process migration)
    {
        string? line;
        string said = "";
        do
        {
            line = migration.StandardError.ReadLine();
            said += line + "\n";
        }
        while (line is not null && !line.Contains("filling", StringComparison.Ordinal));

        Assert.True(line is not null, said);
    }

    /// <summary>It runs there, and nothing of it is left behind. The commands bring the daemons back.</summary>
    private static async Task SettledAsync(FigmentNode from, FigmentNode to)
    {
        var clock = Stopwatch.StartNew();
        string? last;
        do
        {
            from.Try("ls");
            to.Try("ls");
            using var client = new FigmentClient(from.Socket);
            var moves = await client.GetMigrationsAsync(TestContext.Current.CancellationToken);
            string open = string.Join(", ", moves.Where(move => move.Phase is not ("done" or "aborted")).Select(move => move.Phase));
            var there = to.StateOf("shop", "cache-1");
            var here = from.StateOf("shop", "cache-1");
            last = there == MachineState.Running && here is null or MachineState.Elsewhere && open.Length == 0 ? null : $"there: {there}, here: {here}, moves: {open}";
            Assert.True(last is null || clock.Elapsed < TimeSpan.FromSeconds(60), last);
        }
        while (last is not null);
    }

    private static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
        process.WaitForExit();
    }
}
