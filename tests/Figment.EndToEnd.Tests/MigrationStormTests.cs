using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.EndToEnd.Tests.Storms;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>
/// Moves of one machine to and fro, each with a failure at some point, from a seed. After each there is one machine, both nodes know where, every value that its client was told is written is there, and nothing is left.
/// A step is seen again alone with the <c>FIGMENT_FUZZ_SEED</c> and <c>FIGMENT_FUZZ_INPUT</c> that its failure names.
/// </summary>
public sealed class MigrationStormTests(ITestOutputHelper output) : IDisposable
{
    private const string Application = "storm";
    private const string Machine = "cache-1";

    private const string Compose = """
        services:
          cache:
            x-figment: { root: host, idle: { freeze-after: never } }
            command: [redis-server, --save, "", --protected-mode, "no", --appendonly, "yes", --appendfsync, always, --dir, /srv]
            expose: ["6379"]
          web:
            x-figment: { root: host, idle: { freeze-after: never } }
            command: [python3, -m, http.server, "8080"]
            stop_grace_period: 100ms
            expose: ["8080"]
        """;

    /// <summary>Longer than any deadline of a move.</summary>
    private static readonly TimeSpan MoveMax = TimeSpan.FromSeconds(120);

    /// <summary>A machine stands still for 30 s at most, see <c>HandoverLimits.BoxMs</c>; its client's kernel may send again up to twice as late as the wire was cut.</summary>
    private static readonly TimeSpan GapMax = TimeSpan.FromSeconds(35);

    private static readonly TimeSpan LongGapMax = TimeSpan.FromSeconds(90);

    /// <summary>Until both nodes agree; words are said again every 10 s at last.</summary>
    private const int SettleSeconds = 60;

    /// <summary>What has no use any more goes a moment after.</summary>
    private const int LeakSeconds = 20;

    private readonly NodePair _nodes = new(ownDisks: true);
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private FigmentNode? _holder;

    public void Dispose() => _nodes.Dispose();

    /// <summary>One of each kind that takes little time.</summary>
    [Fact]
    public async Task Some_moves_with_a_failure_each()
    {
        MoveStep[] steps =
        [
            new(1, MoveFault.TargetDaemon, "holding", 20, MoveMode.Auto),
            new(2, MoveFault.SourceKeeper, "copying", 60, MoveMode.Precopy),
            new(3, MoveFault.TargetBox, "holding", 60, MoveMode.Auto),
            new(4, MoveFault.SourceCriu, "copying", 50, MoveMode.StopCopy),
            new(5, MoveFault.FullDisk, "copying", 0, MoveMode.Auto),
            new(6, MoveFault.Cut, "copying", 150, MoveMode.Auto),
            new(7, MoveFault.SourceBox, "dumping", 38, MoveMode.Auto),
            new(8, MoveFault.BothDaemons, "committed", 0, MoveMode.StopCopy),
        ];
        await StormAsync(steps, _ => { });
    }

    /// <summary>What has been done is in a file: who runs it again with the same seed goes on.</summary>
    [Fact]
    [Trait("tier", "full")]
    public async Task A_thousand_moves_with_a_failure_each()
    {
        int seed = Setting("SEED") ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        output.WriteLine($"FIGMENT_FUZZ_SEED={seed}");
        string file = Path.Combine(FigmentNode.Root(), "artifacts", $"migration-storm-{seed}.tsv");
        int done = File.Exists(file) ? File.ReadLines(file).Count() : 0;
        int count = Setting("STEPS") ?? 1_000;
        var steps = Setting("INPUT") is { } input ? [MoveStep.Of(seed, input)] : Enumerable.Range(done + 1, Math.Max(0, count - done)).Select(number => MoveStep.Of(seed, number));
        output.WriteLine($"{done} of {count} are done, in {file}");
        await StormAsync(steps, line =>
        {
            if (Setting("INPUT") is null)
            {
                File.AppendAllText(file, line + "\n");
            }
        });
    }

    private static int? Setting(string suffix) =>
        Environment.GetEnvironmentVariable("FIGMENT_FUZZ_" + suffix) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private async Task StormAsync(IEnumerable<MoveStep> steps, Action<string> done)
    {
        var (a, b) = (_nodes.A, _nodes.B);
        a.Up(Application, Compose);
        a.Run("start", "-p", Application, Machine, "web-1");
        a.Run("exec", "-p", Application, Machine, "redis-cli", "eval", "for i = 1, 20000 do redis.call('set', i, string.rep('x', 950) .. i) end", "0");
        using var writer = new Writer(a.Machine(Application, "web-1").Pid!.Value, a.Machine(Application, Machine).Addresses[0].Value);
        var leaks = new NodeLeaks(_nodes, Application, Machine);
        int[] spared = [a.BoxOf(Application, "web-1")];

        // There and back, so that what it is like at each node is known.
        _holder = a;
        foreach (int number in (int[])[-1, 0])
        {
            await StepAsync(new MoveStep(number, MoveFault.None, "done", 0, MoveMode.Auto), writer, null, spared);
            await Task.Delay(TimeSpan.FromSeconds(3));
            leaks.Learn(_holder);
        }

        foreach (var step in steps)
        {
            try
            {
                done(await StepAsync(step, writer, leaks, spared));
            }
            catch
            {
                Keep(step);
                throw;
            }
        }

        output.WriteLine(string.Join(", ", _counts.Select(count => $"{count.Value} {count.Key}")));
        a.Down(Application);
    }

    private async Task<string> StepAsync(MoveStep step, Writer writer, NodeLeaks? leaks, int[] spared)
    {
        var source = _holder!;
        string from = source == _nodes.A ? "a" : "b";
        string to = from == "a" ? "b" : "a";
        var clock = Stopwatch.StartNew();
        var begun = TimeProvider.System.GetUtcNow();
        writer.Begin(step.Number);
        var faults = new MoveFaults(_nodes, source, source.BoxOf(Application, Machine), spared);
        using var client = new FigmentClient(source.Socket);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var move = MoveAsync(client, to, step, reached);
        if (step.Fault is not (MoveFault.SourceCriu or MoveFault.TargetCriu))
        {
            await Task.WhenAny(reached.Task, move);
            await Task.Delay(step.DelayMs);
        }

        string? hit = await faults.HitAsync(step, move);
        _nodes.A.Try("ls");
        _nodes.B.Try("ls");
        string how = await move.WaitAsync(MoveMax);

        Assert.True(step.Fault != MoveFault.None || how == "done", $"{step}, which nothing hits: {how}");
        _holder = await SettledAsync(step);
        var written = await writer.EndAsync();
        string what = string.Create(CultureInfo.InvariantCulture, $"{step}, from {from}: {hit ?? "nothing was hit"}; {how}; it is at {(_holder == _nodes.A ? "a" : "b")}; {written.Acknowledged} values, {written.Reconnects} reconnects, a gap of {written.Gap.TotalSeconds:F2} s; {clock.Elapsed.TotalSeconds:F1} s");
        output.WriteLine(what);
        Assert.True(written.Problem is null, $"{what}: {written.Problem}; {written.Lost}");
        Assert.True(written.Acknowledged > 0, what);
        bool endedItself = step.Fault == MoveFault.FullDisk && HasEndedForWantOfRoom(_holder, begun);
        Assert.True(written.Gap < (step.Fault == MoveFault.LongCut || endedItself ? LongGapMax : GapMax), $"{what}: nobody answered for too long; {written.Lost}");
        Assert.True(written.Reconnects == 0 || step.MayEndIt || endedItself, $"{what}: {written.Lost}");
        await EventuallyAsync($"{what}: nothing is left", () => Task.FromResult(leaks?.Find(_holder)), LeakSeconds);
        _counts[$"{step.Fault}{(hit is null ? " (nothing was hit)" : "")}"] = _counts.GetValueOrDefault($"{step.Fault}{(hit is null ? " (nothing was hit)" : "")}") + 1;
        return what;
    }

    /// <summary>A redis that cannot write what it is about to acknowledge exits, wherever it is: it went on at a node whose disk was full.</summary>
    private static bool HasEndedForWantOfRoom(FigmentNode holder, DateTimeOffset begun) =>
        File.ReadLines(Path.Combine(holder.RuntimeDirectory, "apps", Application, "ledger.jsonl"))
            .Select(line => JsonDocument.Parse(line.TrimStart('\0')).RootElement)
            .Any(one => one.GetProperty("machine").GetString() == Machine
                && one.GetProperty("at").GetDateTimeOffset() >= begun
                && one.GetProperty("cause").GetProperty("kind").GetString() == "Exit"
                && one.GetProperty("lastLines").EnumerateArray().Any(line => line.GetString()!.Contains("AOF", StringComparison.Ordinal)));

    /// <summary>How it ended, as its command would say.</summary>
    private static async Task<string> MoveAsync(FigmentClient client, string node, MoveStep step, TaskCompletionSource reached)
    {
        if (step.Phase == "preparing")
        {
            reached.SetResult();
        }

        try
        {
            string last = "";
            await foreach (var line in client.MigrateAsync(Application, Machine, new MoveRequest { Node = node, Mode = step.Mode }, CancellationToken.None))
            {
                last = line.Status ?? last;
                if (line.Status == step.Phase)
                {
                    reached.TrySetResult();
                }
            }

            return last;
        }
        catch (FigmentApiException exception)
        {
            return exception.Message;
        }
        catch (Exception exception) when (exception is FigmentUnreachableException or HttpRequestException or IOException or InvalidDataException)
        {
            return "its daemon has gone";
        }
    }

    /// <summary>Both nodes have it at the same one, where it runs, and no move is under way.</summary>
    private async Task<FigmentNode> SettledAsync(MoveStep step)
    {
        using var clientA = new FigmentClient(_nodes.A.Socket);
        using var clientB = new FigmentClient(_nodes.B.Socket);
        FigmentNode? holder = null;
        await EventuallyAsync($"{step}: one machine, and both nodes know where", async () =>
        {
            var (atA, atB) = (await StateAsync(clientA), await StateAsync(clientB));
            var open = (await MovesAsync(clientA)).Concat(await MovesAsync(clientB)).ToList();
            holder = (atA, atB) switch
            {
                (MachineState.Running, null or MachineState.Elsewhere) => _nodes.A,
                (MachineState.Elsewhere, MachineState.Running) => _nodes.B,
                _ => null,
            };
            return holder is not null && open.Count == 0 ? null : $"a: {atA}, b: {atB}, moves: {string.Join(", ", open)}";
        }, SettleSeconds);
        return holder!;
    }

    private static async Task<MachineState?> StateAsync(FigmentClient client)
    {
        try
        {
            return (await client.GetMachineAsync(Application, Machine, CancellationToken.None)).Machine.State;
        }
        catch (FigmentApiException)
        {
            return null; // it has no part of it
        }
    }

    private static async Task<IEnumerable<string>> MovesAsync(FigmentClient client) =>
        (await client.GetMigrationsAsync(CancellationToken.None)).Where(move => move.Phase is not ("done" or "aborted")).Select(move => move.Phase);

    private static async Task EventuallyAsync(string phase, Func<Task<string?>> problem, int seconds)
    {
        var clock = Stopwatch.StartNew();
        while (await problem() is { } last)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(seconds), $"{phase}: still after {seconds} s: {last}");
            await Task.Delay(50);
        }
    }

    /// <summary>What tells what happened goes with the nodes.</summary>
    private void Keep(MoveStep step)
    {
        foreach (var (name, node) in (ReadOnlySpan<(string, FigmentNode)>)[("a", _nodes.A), ("b", _nodes.B)])
        {
            string folder = Directory.CreateDirectory(Path.Combine(FigmentNode.Root(), "artifacts", $"migration-storm-{step.Number}", name)).FullName;
            string application = Path.Combine(node.RuntimeDirectory, "apps", Application);
            foreach (string file in (string[])[Path.Combine(application, "ledger.jsonl"), Path.Combine(application, "keeper.log"), Path.Combine(application, "keeper.json"), Path.Combine(node.StateDirectory, "figmentd.log")])
            {
                if (File.Exists(file))
                {
                    File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
                }
            }

            string networks = Path.Combine(application, "netns");
            if (Directory.Exists(networks))
            {
                File.WriteAllLines(Path.Combine(folder, "network.txt"), Directory.EnumerateFiles(networks).Order(StringComparer.Ordinal).Select(Network));
            }
        }

        output.WriteLine($"kept in artifacts/migration-storm-{step.Number}");
    }

    private static string Network(string path)
    {
        using var process = Process.Start(new ProcessStartInfo("nsenter", [$"--net={path}", "sh", "-c", "ip -br address; tc -s qdisc; bridge fdb; ss -tanpio; nft list ruleset"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        return $"{path}\n{process.StandardOutput.ReadToEnd()}{error.Result}";
    }
}
