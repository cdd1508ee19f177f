using System.Diagnostics;
using System.Globalization;
using Figment.Box.Tests.Harness;
using Figment.Migration.Handover;
using Figment.Migration.Transfer;
using Figment.Model.Control;
using Figment.Model.Launch;

namespace Figment.Box.Tests;

/// <summary>Machines leave one box for another, in another network namespace with the same addresses, as on another node. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class DepartureTests(ITestOutputHelper output) : IDisposable
{
    private static readonly MachineLaunch Redis = TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp");

    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Redis_moves_with_what_it_knows_and_the_connection_it_has(bool stopsFirst)
    {
        using var twin = _network.Twin();
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        Assert.Equal("+OK\r\n", client.Ask("SET greeting hello\r\n", "\r\n"));
        using var exec = StreamClient.Exec(box, "sh", "-c", "echo written > /srv/note; chmod 640 /srv/note");
        Assert.Equal(0, exec.ReadToExit());

        using var departure = Departure.Begin(box, stopsFirst: stopsFirst);
        int rounds = departure.Take();
        Assert.Equal(stopsFirst ? 1 : 2, rounds);
        if (stopsFirst)
        {
            Assert.Empty(departure.Told);
        }
        else
        {
            Assert.Equal((false, (long)"written\n".Length), departure.Told.First());
            Assert.InRange(departure.Told.First(round => round.IsMemory).Bytes, 1 << 20, 1 << 30);
        }

        string note = Path.Combine(departure.Images, BoxMessage.Checkpoint.WrittenFolder, "upper/srv/note");
        Assert.Equal(("written\n", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead), (File.ReadAllText(note), File.GetUnixFileMode(note)));
        using var arriving = Arrive(twin, departure);
        arriving.Expect<BoxMessage.Held>();
        departure.Rule(Verdict.Commit);
        Assert.Equal((0, ""), departure.End());
        Assert.NotNull(box.Expect<BoxMessage.Departed>().ProcessorUs);
        Wait.Until(() => box.HasEnded, "the box ends after its last message");
        _network.Switch();
        arriving.Send(new BoxMessage.Release { Runs = true });
        var started = arriving.Expect<BoxMessage.Started>();
        output.WriteLine(string.Join(", ", started.Steps.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Key} {(step.Value - started.Steps[0].Value) / 1000.0:F1}"))));

        Assert.Equal("$5\r\nhello\r\n", client.Ask("GET greeting\r\n", "hello\r\n"));
        using var second = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", second.Ask("PING\r\n", "\r\n"));
        Assert.Empty(Directory.GetDirectories(box.Folder, "*.dump"));
    }

    [Fact]
    public void Called_off_it_goes_on_where_it_was_and_can_be_tried_again()
    {
        using var twin = _network.Twin();
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        client.Ask("SET greeting hello\r\n", "\r\n");
        using (var departure = Departure.Begin(box, "first"))
        {
            departure.Take();
            using var arriving = Arrive(twin, departure);
            arriving.Expect<BoxMessage.Held>();
            departure.Rule(Verdict.Abort);
            Assert.Equal((1, "the verdict is that it stays"), departure.End());
            arriving.Send(new BoxMessage.Release { Runs = false });
            Assert.Contains("is not to run", arriving.Expect<BoxMessage.StartFailed>().Error, StringComparison.Ordinal);
        }

        Assert.Equal("$5\r\nhello\r\n", client.Ask("GET greeting\r\n", "hello\r\n"));
        Assert.Equal("+OK\r\n", client.Ask("SET greeting again\r\n", "\r\n"));
        LoadsNothing(box);

        using var another = Departure.Begin(box, "second");
        another.Take();
        using var arrived = Arrive(twin, another);
        arrived.Expect<BoxMessage.Held>();
        LoadsNothing(arrived);
        another.Rule(Verdict.Commit);
        Assert.Equal((0, ""), another.End());
        _network.Switch();
        arrived.Send(new BoxMessage.Release { Runs = true });
        Assert.Equal("$5\r\nagain\r\n", client.Ask("GET greeting\r\n", "again\r\n"));
    }

    [Fact]
    public void Whoever_takes_it_may_die_before_it_stands_still()
    {
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        client.Ask("SET greeting hello\r\n", "\r\n");
        Departure.Begin(box).Dispose();

        Assert.Equal("$5\r\nhello\r\n", client.Ask("GET greeting\r\n", "hello\r\n"));
        Wait.Until(() => Directory.GetDirectories(box.Folder, "*.dump").Length == 0, "the dump is gone");
        Assert.False(box.HasEnded);
    }

    /// <summary>Whoever took it dies, and its successor rules.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_verdict_counts_also_when_nobody_tells_of_it(bool goes)
    {
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        client.Ask("PING\r\n", "\r\n");
        var departure = Departure.Begin(box);
        departure.Take();
        departure.Dispose();
        new VerdictFile(departure.Images + ".migration").Rule(goes ? Verdict.Commit : Verdict.Abort);

        if (goes)
        {
            box.Expect<BoxMessage.Departed>();
            return;
        }

        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        Assert.False(box.HasEnded);
    }

    /// <summary>Whoever took it dies, and its successor rules that it stays and forgets it before the box has looked.</summary>
    [Fact]
    public void What_nobody_knows_of_any_more_goes_on_at_once()
    {
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        client.Ask("PING\r\n", "\r\n");
        var departure = Departure.Begin(box);
        departure.Take();
        departure.Dispose();
        Directory.Delete(departure.Images + ".migration", recursive: true);
        var clock = Stopwatch.StartNew();

        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        Assert.InRange(clock.ElapsedMilliseconds, 0, HandoverLimits.BoxMs / 3);
        Assert.False(box.HasEnded);
    }

    /// <summary>It is called off and forgotten just when the box begins to write, which makes the folder anew.</summary>
    [Fact]
    public void Nothing_is_left_of_a_move_that_was_forgotten_meanwhile()
    {
        using var box = StartRedis();
        string move = Directory.CreateDirectory(Path.Combine(box.Folder, "move")).FullName;
        string dump = Path.Combine(move, "dump");
        using (StreamClient.Open(box, new StreamRequest.Depart { Folder = dump, Verdict = move }))
        {
            Wait.Until(() => Directory.Exists(dump), "it has begun");
            Directory.CreateDirectory(Path.Combine(dump, "known"));
        }

        Wait.Until(() => !Directory.Exists(move), "the folder is gone");
        Assert.False(box.HasEnded);
    }

    [Fact]
    public void Without_a_verdict_the_box_rules_that_it_stays()
    {
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        client.Ask("PING\r\n", "\r\n");
        using var departure = Departure.Begin(box);
        departure.Take();
        var clock = Stopwatch.StartNew();

        Wait.Until(() => new VerdictFile(departure.Images + ".migration").Read() is not null, "the box rules", TimeSpan.FromMilliseconds(HandoverLimits.BoxMs + 15_000));
        Assert.InRange(clock.ElapsedMilliseconds, HandoverLimits.BoxMs - 10_000, HandoverLimits.BoxMs + 15_000);
        Assert.Equal((1, "the verdict is that it stays"), departure.End());
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        Assert.Equal(Verdict.Abort, new VerdictFile(departure.Images + ".migration").Rule(Verdict.Commit));
    }

    /// <summary>A machine that waits for the word has nobody to say it.</summary>
    [Fact]
    public void A_keeper_that_dies_while_a_machine_is_held_means_that_it_does_not_run()
    {
        using var twin = _network.Twin();
        using var box = StartRedis();
        using var departure = Departure.Begin(box);
        departure.Take();
        using var arriving = Arrive(twin, departure);
        arriving.Expect<BoxMessage.Held>();
        arriving.CloseKeeper();

        Wait.Until(() => arriving.HasEnded, "the box ends");
        departure.Rule(Verdict.Abort);
        Assert.Equal(1, departure.End().Code);
        using var client = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
    }

    [Fact]
    public void One_departure_at_a_time_and_no_snapshot_meanwhile()
    {
        using var box = StartRedis();
        using var departure = Departure.Begin(box);
        departure.Take();
        using (var second = StreamClient.Open(box, new StreamRequest.Depart { Folder = Path.Combine(box.Folder, "other"), Verdict = box.Folder }))
        {
            Assert.Equal("another snapshot of it is being made", second.Reply.Error);
        }

        box.Send(new BoxMessage.Checkpoint { Folder = Path.Combine(box.Folder, "snapshot") });
        Assert.Contains("another snapshot", box.Expect<BoxMessage.CheckpointFailed>().Reason, StringComparison.Ordinal);
        departure.Rule(Verdict.Abort);
        departure.End();
        box.Checkpoint(Path.Combine(box.Folder, "snapshot"));
    }

    [Fact]
    public void A_program_that_ends_by_itself_while_it_is_followed_has_ended()
    {
        using var box = TestBox.Start(_network, TestMachines.Host("python3", "-uc", "import os, time\nballast = os.urandom(300 << 20)\nprint('full')\ntime.sleep(0.3)\n"));
        Wait.Until(() => box.Log.Contains("full"), "it has filled its memory");
        using var departure = Departure.Begin(box);

        Assert.Equal(0, box.ExpectExit().ExitCode);
        Assert.Throws<TransferException>(() => { departure.Take(); });
    }

    private TestBox StartRedis()
    {
        var box = TestBox.Start(_network, Redis, [(TestMachines.Tcp(6379), _network.Placeholder(6379))]);
        box.Expect<BoxMessage.Listening>();
        return box;
    }

    /// <summary>The other node's box.</summary>
    private static TestBox Arrive(TestNetwork network, Departure departure) =>
        TestBox.Start(network, Redis, change: launch => launch with { RestoreFrom = departure.Images, Arrives = true });

    /// <summary>A box is linked statically: a library that is loaded into it (a hash of OpenSSL's is enough) brings another libc, and it crashes later.</summary>
    private static void LoadsNothing(TestBox box) => Assert.DoesNotContain(File.ReadLines($"/proc/{box.BoxPid}/maps"), line => line.Contains(".so", StringComparison.Ordinal));
}
