using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading.Channels;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.EndToEnd.Tests.Storms;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>
/// Thousands of random signals, kills and restarts on real machines, from a seed. Every request is answered, or refused while the ledger has a cause for it;
/// the ledger's events follow each other without a gap; its intervals tile time exactly; and nothing is left.
/// </summary>
public sealed class StormTests(ITestOutputHelper output) : IDisposable
{
    private const string Application = "storm";
    private const int Workers = 8;
    private const int Terminate = 15;

    /// <summary>What is refused is looked for in the ledger so far around: its clock is read a moment after.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private readonly FigmentNode _node = new();
    private readonly ConcurrentBag<Refusal> _refusals = [];

    /// <summary>Nobody keeps the node's own end of a published port from the death of a keeper until the next one is there.</summary>
    private readonly ConcurrentBag<Refusal> _keeperless = [];
    private readonly ConcurrentDictionary<string, int> _done = [];
    private readonly SemaphoreSlim _daemonStart = new(1);

    public void Dispose()
    {
        _daemonStart.Dispose();
        _node.Dispose();
    }

    [Fact]
    public Task Hundreds_of_signals_and_kills_on_ten_machines() => StormAsync(machines: 10, steps: 600);

    [Fact]
    [Trait("tier", "full")]
    public Task Twenty_thousand_signals_and_kills_on_fifty_machines() => StormAsync(machines: 50, steps: 20_000);

    private async Task StormAsync(int machines, int steps)
    {
        int seed = Environment.GetEnvironmentVariable("FIGMENT_FUZZ_SEED") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : RandomNumberGenerator.GetInt32(int.MaxValue);
        output.WriteLine($"FIGMENT_FUZZ_SEED={seed}");
        try
        {
            await StormAsync(machines, steps, new Random(seed));
        }
        catch
        {
            Keep(Path.Combine(FigmentNode.Root(), "artifacts", $"storm-{seed}"));
            throw;
        }
    }

    /// <summary>What tells what happened goes with the node.</summary>
    private void Keep(string folder)
    {
        Directory.CreateDirectory(folder);
        string application = Path.Combine(_node.RuntimeDirectory, "apps", Application);
        foreach (string file in (string[])[Path.Combine(application, "ledger.jsonl"), Path.Combine(application, "keeper.log"), Path.Combine(_node.StateDirectory, "figmentd.log")])
        {
            if (File.Exists(file))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
            }
        }

        output.WriteLine($"kept in {folder}");
    }

    private async Task StormAsync(int machines, int steps, Random random)
    {
        StormMachine[] all = [.. Ports(machines).Select((port, index) => new StormMachine(index, port))];
        _node.Up(Application, "services:\n" + string.Concat(all.Select(machine => machine.Compose)));
        using var client = new FigmentClient(_node.Socket);
        await RestAsync(client, all);
        int before = KeeperDescriptors();
        var since = TimeProvider.System.GetUtcNow();

        var clock = Stopwatch.StartNew();
        await RunAsync(client, all, random, steps);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{steps} steps in {clock.Elapsed.TotalSeconds:F0} s: {string.Join(", ", _done.OrderBy(done => done.Key).Select(done => $"{done.Value} {done.Key}"))}; {_refusals.Count} requests refused"));

        await RestAsync(client, all);
        int after = KeeperDescriptors();
        var events = await EventsAsync(client);
        Assert.All(_refusals, refusal => Assert.True(IsExplained(refusal, events), $"{refusal}: the ledger has no cause for it: {string.Join("; ", events.Where(one => one.Machine == refusal.Machine && one.At > refusal.Begin - TimeSpan.FromSeconds(5) && one.At < refusal.End + TimeSpan.FromSeconds(5)).Select(one => $"{one.At:mm:ss.fff} {one.From} to {one.To}: {one.Cause.Kind}"))}"));
        AssertChains(events, all);
        AssertTiles(await client.GetBillAsync(Application, new BillRequest { By = BillBy.Machine, Since = since }, CancellationToken.None), all);
        Assert.True(after <= before + 4, $"descriptors of the keeper: {before} before, {after} after");
        foreach (var machine in all)
        {
            machine.Dispose();
        }

        _node.Down(Application);
        Assert.DoesNotContain(Directory.EnumerateDirectories("/sys/fs/cgroup", "*", SearchOption.AllDirectories), folder => Path.GetFileName(folder).Contains(Application, StringComparison.Ordinal));
        Assert.Empty(_node.Processes("figment-box"));
        Assert.Empty(_node.Processes("figment-keeper"));
    }

    private async Task RunAsync(FigmentClient client, StormMachine[] all, Random random, int steps)
    {
        var queues = Enumerable.Range(0, Workers).Select(_ => Channel.CreateBounded<Func<Task>>(1)).ToList();
        var workers = queues.ConvertAll(queue => Task.Run(async () =>
        {
            try
            {
                await foreach (var step in queue.Reader.ReadAllAsync())
                {
                    await step();
                }
            }
            catch (Exception exception)
            {
                // Who still sends to it must not wait for ever.
                queue.Writer.TryComplete(exception);
                throw;
            }
        }));
        for (int step = 0; step < steps; step++)
        {
            int index = random.Next(all.Length);
            await queues[index % Workers].Writer.WriteAsync(Step(client, all, index, random));
        }

        queues.ForEach(queue => queue.Writer.Complete());
        await Task.WhenAll(workers);
    }

    private Func<Task> Step(FigmentClient client, StormMachine[] all, int index, Random random)
    {
        var machine = all[index];
        int other = random.Next(all.Length);
        int pause = random.Next(20, 500);
        return random.Next(1000) switch
        {
            < 420 => () => RequestAsync(machine, isNew: false),
            < 700 => () => RequestAsync(machine, isNew: true),
            < 780 => () => CountAsync("pauses", () => Task.Delay(pause)),
            < 830 => () => CountAsync("execs", () => ExecAsync(client, machine, all[other])),
            < 880 => () => CountAsync("kill -9 of a program", async () => Kill((await DetailAsync(client, machine))?.Machine.Pid)),
            < 900 => () => CountAsync("kill -9 of a box", async () => Kill((await DetailAsync(client, machine))?.BoxPid)),
            < 930 => () => CountAsync("SIGTERM", () => ActAsync(client, machine, MachineAction.Kill, new ActionRequest { Signal = Terminate })),
            < 955 => () => CountAsync("stop to imaginary", () => ActAsync(client, machine, MachineAction.Stop, new ActionRequest { ToImaginary = true })),
            < 970 => () => CountAsync("stop and start", async () =>
            {
                await ActAsync(client, machine, MachineAction.Stop, new ActionRequest());
                await ActAsync(client, machine, MachineAction.Start, new ActionRequest());
            }),
            < 990 => () => CountAsync("restart", () => ActAsync(client, machine, MachineAction.Restart, new ActionRequest())),
            < 995 => () => CountAsync("kill -9 of the keeper", KillKeeperAsync),
            _ => () => CountAsync("kill -9 of figmentd", KillDaemonAsync),
        };
    }

    private async Task CountAsync(string what, Func<Task> act)
    {
        _done.AddOrUpdate(what, 1, (_, count) => count + 1);
        await act();
    }

    private Task RequestAsync(StormMachine machine, bool isNew) => CountAsync(isNew ? "requests on a new connection" : "requests on the connection there was", async () =>
    {
        if (await machine.AskAsync(isNew) is { } how)
        {
            _refusals.Add(new Refusal(machine.Name, machine.HeardAt, TimeProvider.System.GetUtcNow(), how));
        }
    });

    /// <summary>From within: one machine asks another.</summary>
    private async Task ExecAsync(FigmentClient client, StormMachine machine, StormMachine other)
    {
        if (!other.IsRedis)
        {
            other = machine;
        }

        await TryAsync(client, async () =>
        {
            await using var session = await client.ExecAsync(Application, machine.Name, new ExecRequest { Arguments = ["timeout", "20", "redis-cli", "-h", other.Service, "ping"] }, CancellationToken.None);
            while (await session.ReadAsync(CancellationToken.None) is not null)
            {
            }

            return machine;
        });
    }

    private Task ActAsync(FigmentClient client, StormMachine machine, MachineAction action, ActionRequest request) =>
        TryAsync(client, () => client.ActAsync(Application, machine.Name, action, request, CancellationToken.None));

    private Task<MachineDetail?> DetailAsync(FigmentClient client, StormMachine machine) =>
        TryAsync(client, () => client.GetMachineAsync(Application, machine.Name, CancellationToken.None));

    /// <summary>What a command asks for may fail, since what it is asked of is hit by others meanwhile; it must come to an end. Null: it failed.</summary>
    private async Task<T?> TryAsync<T>(FigmentClient client, Func<Task<T>> act)
        where T : class
    {
        try
        {
            return await act().WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (FigmentApiException)
        {
            return null;
        }
        catch (Exception exception) when (exception is FigmentUnreachableException or HttpRequestException or IOException or SocketException or InvalidDataException)
        {
            await StartDaemonAsync(client);
            return null;
        }
    }

    private async Task KillKeeperAsync()
    {
        var begin = TimeProvider.System.GetUtcNow();
        if (_node.Processes("figment-keeper") is [int keeper])
        {
            Kill(keeper);
            using var client = new FigmentClient(_node.Socket);
            await StartDaemonAsync(client);
            await AwaitKeeperAsync();
            _keeperless.Add(new Refusal("", begin, TimeProvider.System.GetUtcNow(), "no keeper"));
        }
    }

    /// <summary>One that is killed again and again is started ever later, up to half a minute.</summary>
    private async Task AwaitKeeperAsync()
    {
        var address = new UnixDomainSocketEndPoint(Path.Combine(_node.RuntimeDirectory, "apps", Application, "keeper.sock"));
        var clock = Stopwatch.StartNew();
        while (true)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(address);
                return;
            }
            catch (SocketException exception)
            {
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(90), $"no keeper within {clock.Elapsed.TotalSeconds:F0} s: {exception.Message}");
                await Task.Delay(25);
            }
        }
    }

    private async Task KillDaemonAsync()
    {
        if (_node.Processes("figmentd") is [int daemon, ..])
        {
            Kill(daemon);
            using var client = new FigmentClient(_node.Socket);
            await StartDaemonAsync(client);
        }
    }

    /// <summary>As systemd would, here a command does; it comes back when the application's keeper answers, too.</summary>
    private async Task StartDaemonAsync(FigmentClient client)
    {
        await _daemonStart.WaitAsync();
        try
        {
            var clock = Stopwatch.StartNew();
            while (true)
            {
                try
                {
                    await client.GetMachinesAsync(Application, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
                    return;
                }
                catch (Exception exception) when (exception is FigmentUnreachableException or HttpRequestException or IOException or SocketException or FigmentApiException or InvalidDataException)
                {
                    Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"no daemon within a minute: {exception.Message}");
                    _node.Try("ls");
                }
            }
        }
        finally
        {
            _daemonStart.Release();
        }
    }

    /// <summary>All have run and are imaginary again.</summary>
    private async Task RestAsync(FigmentClient client, StormMachine[] all)
    {
        await StartDaemonAsync(client);
        foreach (var machine in all)
        {
            machine.Hangup();
            await AnswersAsync(client, machine);
            machine.Hangup();
            await client.ActAsync(Application, machine.Name, MachineAction.Stop, new ActionRequest { ToImaginary = true }, CancellationToken.None);
        }

        FigmentNode.Eventually("all are imaginary", () => _node.Machines(Application).FirstOrDefault(machine => machine.State != MachineState.Imaginary)?.ToString());
    }

    /// <summary>It may have failed, or wait for its next attempt: those answer nobody for a while, and say so.</summary>
    private static async Task AnswersAsync(FigmentClient client, StormMachine machine)
    {
        var clock = Stopwatch.StartNew();
        while (await machine.AskAsync(isNew: true) is { } how)
        {
            var view = (await client.GetMachineAsync(Application, machine.Name, CancellationToken.None)).Machine;
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{machine.Name} does not answer: {how}; {view}");
            if (view.State is MachineState.Failed or MachineState.Stopped)
            {
                await client.ActAsync(Application, machine.Name, MachineAction.Start, new ActionRequest(), CancellationToken.None);
            }

            await Task.Delay(50);
        }
    }

    private static async Task<List<MachineEvent>> EventsAsync(FigmentClient client)
    {
        List<MachineEvent> events = [];
        await foreach (var view in client.EventsAsync(Application, DateTimeOffset.UnixEpoch, follow: false, CancellationToken.None))
        {
            events.Add(view.Event);
        }

        return events;
    }

    /// <summary>A machine that ended, was ended, had failed or was stopped around then; or there was no keeper to pass it on.</summary>
    private bool IsExplained(Refusal refusal, List<MachineEvent> events)
    {
        bool Overlaps(DateTimeOffset begin, DateTimeOffset end) => begin <= refusal.End + Margin && end >= refusal.Begin - Margin;
        if (_keeperless.Any(span => Overlaps(span.Begin, span.End)))
        {
            return true;
        }

        var own = events.Where(one => one.Machine == refusal.Machine).ToList();
        return own.Exists(one => Overlaps(one.At, one.At) && IsEnd(one))
            || own.Zip(own.Skip(1).Append(null)).Any(pair => pair.First.To is MachineState.Stopped or MachineState.Failed or MachineState.Stopping && Overlaps(pair.First.At, pair.Second?.At ?? DateTimeOffset.MaxValue));
    }

    private static bool IsEnd(MachineEvent one) =>
        one.Cause.Kind is SignalKind.Exit or SignalKind.BoxLost or SignalKind.User or SignalKind.StartTimeout or SignalKind.Restart && one.From != one.To;

    /// <summary>Of the application without a gap, and of each machine one where the other ended.</summary>
    private static void AssertChains(List<MachineEvent> events, StormMachine[] all)
    {
        Assert.Equal(Enumerable.Range(0, events.Count).Select(index => events[0].Sequence + index), events.Select(one => one.Sequence));
        foreach (var machine in all)
        {
            var own = events.Where(one => one.Machine == machine.Name).ToList();
            Assert.NotEmpty(own);
            Assert.Equal(own.SkipLast(1).Select(one => one.To), own.Skip(1).Select(one => one.From));
            Assert.All(own.Zip(own.Skip(1)), pair => Assert.True(pair.First.At <= pair.Second.At, $"{pair.First.At:O} {pair.Second.At:O}"));
        }
    }

    private static void AssertTiles(BillView bill, StormMachine[] all)
    {
        Assert.Equal(all.Length, bill.Rows.Count);
        foreach (var row in bill.Rows)
        {
            Assert.Equal((bill.To - bill.From).Ticks / TimeSpan.TicksPerMicrosecond, row.States.Sum(time => time.WallUs));
        }

        foreach (var machine in bill.Intervals.GroupBy(interval => interval.Machine))
        {
            Assert.Equal(machine.Skip(1).Select(interval => (DateTimeOffset?)interval.Begin), machine.SkipLast(1).Select(interval => interval.End));
        }
    }

    private int KeeperDescriptors() => Directory.GetFiles($"/proc/{Assert.Single(_node.Processes("figment-keeper"))}/fd").Length;

    private static void Kill(int? pid)
    {
        if (pid is { } process)
        {
            using var kill = Process.Start("kill", ["-KILL", $"{process}"]);
            kill.WaitForExit();
        }
    }

    /// <summary>All at once, so that no two are the same.</summary>
    private static List<int> Ports(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.ConvertAll(listener => ((IPEndPoint)listener.LocalEndpoint).Port);
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}
