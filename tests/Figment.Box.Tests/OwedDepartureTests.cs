using System.Net.Sockets;
using Figment.Box.Tests.Harness;
using Figment.Migration.Handover;
using Figment.Model.Control;
using Figment.Model.Launch;

namespace Figment.Box.Tests;

/// <summary>Machines that go on at the other node while their memory is still at the one they left. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class OwedDepartureTests(ITestOutputHelper output) : IDisposable
{
    private const string AllThere = "of which it waited for";
    private const int Megabytes = 60;

    private static readonly MachineLaunch Redis = TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp", "--enable-debug-command", "yes");

    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void Redis_goes_on_before_its_memory_has_left_and_all_of_it_comes()
    {
        using var twin = _network.Twin();
        using var box = StartRedis(out string digest);
        using var client = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        using var departure = Departure.Begin(box, owes: OweMode.All);
        Assert.Equal(2, departure.Take(lazily: true));
        Assert.InRange(departure.Owed, Megabytes * 250, long.MaxValue);
        using var arriving = Arrive(twin, departure);
        using var carrier = new OwedCarrier(box, arriving);
        arriving.Expect<BoxMessage.Held>();
        Go(departure, arriving);
        Assert.Equal("$6\r\nvalue7\r\n", client.Ask("GET seven\r\n", "value7\r\n"));
        Assert.Equal("+OK\r\n", client.Ask("SET new value\r\n", "\r\n"));
        Assert.Equal(":1\r\n", client.Ask("DEL new\r\n", "\r\n"));
        Assert.Equal(digest, Digest(client));
        carrier.Finish();
        Assert.InRange(carrier.Pages, Megabytes * 250, int.MaxValue);
        Assert.Equal((0, ""), departure.End());
        box.Expect<BoxMessage.Departed>();
        Wait.Until(() => arriving.BoxLog.Contains(AllThere, StringComparison.Ordinal), () => $"its memory has come: {arriving.BoxLog}");
        output.WriteLine(arriving.BoxLog);

        // As any other.
        var snapshot = arriving.Checkpoint(Path.Combine(arriving.Folder, "snapshot"));
        using var restored = arriving.Restore(twin, Redis, snapshot, launch => launch with { KeptConnections = 0 });
        using var second = _network.Connect(6379);
        Assert.Equal(digest, Digest(second));
    }

    /// <summary>Each asks for what has not come; the box that it left waits for them.</summary>
    [Fact]
    public void Whoever_carries_it_may_die_and_another_goes_on()
    {
        using var twin = _network.Twin();
        using var box = StartRedis(out string digest);
        using var client = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        var departure = Departure.Begin(box, owes: OweMode.All);
        departure.Take(lazily: true);
        using var arriving = Arrive(twin, departure);
        using (var first = new OwedCarrier(box, arriving) { PagesMax = 2000 })
        {
            arriving.Expect<BoxMessage.Held>();
            Go(departure, arriving);
            Wait.Until(() => first.Pages >= 2000, "some has come");
            departure.Dispose();
        }

        Assert.False(box.HasEnded);
        using var second = new OwedCarrier(box, arriving);
        Assert.Equal(digest, Digest(client));
        second.Finish();
        box.Expect<BoxMessage.Departed>();
    }

    /// <summary>Nothing of it runs at either side, and the one that it left goes on with its connections.</summary>
    [Fact]
    public void Called_off_it_goes_on_where_it_was()
    {
        using var twin = _network.Twin();
        using var box = StartRedis(out string digest);
        using var client = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        using var departure = Departure.Begin(box, owes: OweMode.All);
        departure.Take(lazily: true);
        using (var arriving = Arrive(twin, departure))
        {
            using var carrier = new OwedCarrier(box, arriving);
            arriving.Expect<BoxMessage.Held>();
            departure.Rule(Verdict.Abort);
            Assert.Equal((1, "the verdict is that it stays"), departure.End());
            arriving.Send(new BoxMessage.Release { Runs = false });
            arriving.Expect<BoxMessage.StartFailed>();
        }

        Assert.Equal(digest, Digest(client));
        using var refused = StreamClient.Open(box, new StreamRequest.Owed());
        Assert.Equal("it owes no memory", refused.Reply.Error);
    }

    /// <summary>It neither hangs for ever nor goes on with zeros.</summary>
    [Fact]
    public void Memory_that_went_with_the_box_that_had_it_ends_the_machine_with_that_reason()
    {
        using var twin = _network.Twin();
        using var box = StartRedis(out _);
        using var client = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        using var departure = Departure.Begin(box, owes: OweMode.All);
        departure.Take(lazily: true);
        using var arriving = Arrive(twin, departure);
        using var carrier = new OwedCarrier(box, arriving) { PagesMax = 2000 };
        arriving.Expect<BoxMessage.Held>();
        Go(departure, arriving);
        Wait.Until(() => carrier.Pages >= 2000, "some has come");
        box.Kill();
        using var feed = StreamClient.Open(arriving, new StreamRequest.Feed(), StreamRequest.Feed.SocketName);
        feed.Send(2, "its box at the other node is gone"u8);
        Assert.Equal(137, arriving.ExpectExit().ExitCode);
        Assert.Contains("is ended: memory that is missing cannot be given: its box at the other node is gone", arriving.BoxLog, StringComparison.Ordinal);
    }

    /// <summary>After the verdict, when it is brought up once more: nobody may try that again and again.</summary>
    [Fact]
    public void Memory_that_is_gone_before_the_machine_runs_is_said_to_be_lost()
    {
        using var twin = _network.Twin();
        using var box = StartRedis(out _);
        using var departure = Departure.Begin(box, owes: OweMode.All);
        departure.Take(lazily: true);
        departure.Rule(Verdict.Commit);
        box.Kill();
        using var arriving = Arrive(twin, departure);
        using var feed = StreamClient.Open(arriving, new StreamRequest.Feed(), StreamRequest.Feed.SocketName);
        feed.Send(2, "its box at the other node is gone"u8);
        var failed = arriving.Expect<BoxMessage.StartFailed>();
        Assert.True(failed.IsLost, failed.Error);
        Assert.Contains("its box at the other node is gone", failed.Error, StringComparison.Ordinal);
    }

    /// <summary>After the verdict it never runs again, whatever dies.</summary>
    [Fact]
    public void Criu_that_dies_while_memory_is_owed_lets_nothing_go_on()
    {
        using var twin = _network.Twin();
        using var box = StartRedis(out string digest);
        using var client = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        using var departure = Departure.Begin(box, owes: OweMode.All);
        departure.Take(lazily: true);
        using var arriving = Arrive(twin, departure);
        var carrier = new OwedCarrier(box, arriving) { PagesMax = 2000 };
        arriving.Expect<BoxMessage.Held>();
        int[] criu = [.. ChildrenOf(box.BoxPid).Where(pid => !File.ReadAllText($"/proc/{pid}/comm").StartsWith("redis", StringComparison.Ordinal))];
        Assert.NotEmpty(criu);
        Go(departure, arriving);
        Wait.Until(() => carrier.Pages >= 2000, "some has come");
        carrier.Dispose();
        foreach (int pid in criu)
        {
            using var process = Figment.Linux.Processes.Pidfd.Open(pid);
            process.Signal(9);
        }

        Wait.Until(() => criu.All(pid => !Directory.Exists($"/proc/{pid}") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal)), "CRIU has ended");
        using var second = new OwedCarrier(box, arriving);
        Assert.Equal(digest, Digest(client));
        second.Finish();
        box.Expect<BoxMessage.Departed>();
        Wait.Until(() => box.HasEnded, "the box ends");
    }

    private static IEnumerable<int> ChildrenOf(int pid) =>
        Directory.GetDirectories($"/proc/{pid}/task").SelectMany(task => File.ReadAllText($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(child => int.Parse(child, System.Globalization.CultureInfo.InvariantCulture));

    private void Go(Departure departure, TestBox arriving)
    {
        departure.Rule(Verdict.Commit);
        _network.Switch();
        arriving.Send(new BoxMessage.Release { Runs = true });
        arriving.Expect<BoxMessage.Started>();
    }

    private TestBox StartRedis(out string digest)
    {
        var box = TestBox.Start(_network, Redis, [(TestMachines.Tcp(6379), _network.Placeholder(6379))]);
        box.Expect<BoxMessage.Listening>();
        using var client = _network.Connect(6379);
        client.ReceiveTimeout = 60_000;
        Assert.Equal("+OK\r\n", client.Ask($"DEBUG POPULATE {Megabytes * 900} key 1000\r\n", "\r\n"));
        Assert.Equal("+OK\r\n", client.Ask("SET seven value7\r\n", "\r\n"));
        digest = Digest(client);
        return box;
    }

    /// <summary>Of all that redis knows.</summary>
    private static string Digest(Socket client) => client.Ask("DEBUG DIGEST\r\n", "\r\n");

    private static TestBox Arrive(TestNetwork network, Departure departure) =>
        TestBox.Start(network, Redis, change: launch => launch with { RestoreFrom = departure.Images, Arrives = true });
}
