using System.Diagnostics;
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
