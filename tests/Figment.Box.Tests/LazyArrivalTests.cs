using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Figment.Box.Tests.Harness;
using Figment.Migration.Handover;
using Figment.Migration.Snapshots;
using Figment.Model.Control;
using Figment.Model.Launch;

namespace Figment.Box.Tests;

/// <summary>Machines that arrive and run before their memory is there. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class LazyArrivalTests(ITestOutputHelper output) : IDisposable
{
    private const string AllThere = "of which it waited for";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly MachineLaunch Redis = TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp", "--enable-debug-command", "yes");

    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void Redis_answers_at_once_with_what_it_knows_and_can_be_put_onto_storage_from_there()
    {
        using var twin = _network.Twin();
        using var box = StartRedis(100, out string digest);
        using var client = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        using var departure = Departure.Begin(box);
        departure.Take(lazily: true);
        Assert.Contains(Directory.GetFiles(SnapshotManifest.PagesOf(departure.Images)), file => Path.GetExtension(file) == ".index");
        using var arriving = Run(twin, departure);
        Assert.Equal("$6\r\nvalue7\r\n", client.Ask("GET seven\r\n", "value7\r\n"));
        var snapshot = arriving.Checkpoint(Path.Combine(arriving.Folder, "snapshot"));
        Assert.Contains(AllThere, arriving.BoxLog, StringComparison.Ordinal);
        output.WriteLine(arriving.BoxLog);

        using var restored = arriving.Restore(twin, Redis, snapshot, launch => launch with { KeptConnections = 0 });
        using var second = _network.Connect(6379);
        Assert.Equal(digest, Digest(second));
    }

    /// <summary>The same folder, again and again: once it is called off, once it runs.</summary>
    [Fact]
    public void An_arrival_that_is_called_off_can_be_tried_again()
    {
        using var twin = _network.Twin();
        using var box = StartRedis(20, out string digest);
        using var departure = Departure.Begin(box);
        departure.Take(lazily: true);
        using (var first = Arrive(twin, departure, Redis))
        {
            first.Expect<BoxMessage.Held>();
            first.Send(new BoxMessage.Release { Runs = false });
            Assert.Contains("is not to run", first.Expect<BoxMessage.StartFailed>().Error, StringComparison.Ordinal);
        }

        using (var second = Arrive(twin, departure, Redis))
        {
            second.Expect<BoxMessage.Held>();
            second.CloseKeeper();
            Wait.Until(() => second.HasEnded, "the box ends");
        }

        using var arriving = Run(twin, departure);
        using var client = _network.Connect(6379);
        Assert.Equal(digest, Digest(client));
        Wait.Until(() => arriving.BoxLog.Contains(AllThere, StringComparison.Ordinal), () => $"its memory has come: {arriving.BoxLog}");
    }

    /// <summary>The source's machine goes on: it was not lost.</summary>
    [Fact]
    public void Memory_that_cannot_be_read_any_more_is_no_arrival()
    {
        var machine = TestMachines.Host("python3", "-uc", "import os, time\nballast = os.urandom(600 << 20)\nprint('full')\ntime.sleep(1000)\n");
        using var twin = _network.Twin();
        using var box = TestBox.Start(_network, machine);
        Wait.Until(() => box.Log.Contains("full"), "it has filled its memory");
        using var departure = Departure.Begin(box);
        departure.Take(lazily: true);
        using var arriving = Arrive(twin, departure, machine);
        Wait.Until(() => File.Exists(departure.Images + ".view/lazy-pages.socket"), "it has opened its memory");
        foreach (string file in Directory.GetFiles(SnapshotManifest.PagesOf(departure.Images)).Where(file => !Path.HasExtension(file)))
        {
            using var pages = new FileStream(file, FileMode.Open);
            pages.SetLength(4096);
        }

        Assert.Contains("is not there", arriving.Expect<BoxMessage.StartFailed>().Error, StringComparison.Ordinal);
        Assert.Contains(" is ended: memory that is missing cannot be given", arriving.BoxLog, StringComparison.Ordinal);
        departure.Rule(Verdict.Abort);
        Assert.Equal((1, "the verdict is that it stays"), departure.End());
        Assert.False(box.HasEnded);

        using var again = Arrive(twin, departure, machine);
        Assert.Contains("the snapshot is damaged", again.Expect<BoxMessage.StartFailed>().Error, StringComparison.Ordinal);
    }

    /// <summary>Killed in the midst of it, the machine is killed with it.</summary>
    [Fact]
    public void Nothing_of_the_machine_outlives_its_box()
    {
        var machine = TestMachines.Host("python3", "-uc", "import os, time\nballast = os.urandom(600 << 20)\nprint('full')\nwhile True: ballast[time.monotonic_ns() % len(ballast)]\n");
        using var twin = _network.Twin();
        using var box = TestBox.Start(_network, machine);
        Wait.Until(() => box.Log.Contains("full"), "it has filled its memory");
        using var departure = Departure.Begin(box);
        departure.Take(lazily: true);
        using var arriving = Arrive(twin, departure, machine);
        arriving.Expect<BoxMessage.Held>();
        departure.Rule(Verdict.Commit);
        departure.End();
        arriving.Send(new BoxMessage.Release { Runs = true });
        int pid = arriving.Expect<BoxMessage.Started>().Pid;
        arriving.Kill();

        Wait.Until(() => !Directory.Exists($"/proc/{pid}"), "its first process has ended");
    }

    /// <summary>As .NET's collector does. It is there and said why it took longer.</summary>
    [Fact]
    public void A_program_that_has_reserved_more_than_the_node_has_arrives_the_old_way()
    {
        var machine = TestMachines.Host("python3", "-uc", "import mmap, time\nreserved = mmap.mmap(-1, 256 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 0)\nprint('reserved')\ntime.sleep(1000)\n");
        using var twin = _network.Twin();
        using var box = TestBox.Start(_network, machine);
        Wait.Until(() => box.Log.Contains("reserved"), "it has reserved");
        using var departure = Departure.Begin(box);
        departure.Take(lazily: true);
        using var arriving = Arrive(twin, departure, machine);
        arriving.Expect<BoxMessage.Held>();
        arriving.Send(new BoxMessage.Release { Runs = true });
        arriving.Expect<BoxMessage.Started>();
        Assert.Contains("(python3) has reserved 256 GiB", arriving.BoxLog, StringComparison.Ordinal);
        Assert.DoesNotContain(AllThere, arriving.BoxLog, StringComparison.Ordinal);
    }

    /// <summary>Figures, printed and not judged: the table of docs/migration.md, with the sizes in MB that <c>FIGMENT_MEASURE_MB</c> names (100).</summary>
    [Fact]
    public void From_all_has_come_to_the_first_answer()
    {
        foreach (int megabytes in (Environment.GetEnvironmentVariable("FIGMENT_MEASURE_MB") ?? "100").Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture)))
        {
            foreach (bool lazily in new[] { false, true })
            {
                Measure(megabytes, lazily);
            }
        }
    }

    private void Measure(int megabytes, bool lazily)
    {
        using var network = new TestNetwork();
        using var twin = network.Twin();
        using var box = StartRedis(megabytes, out _, network);
        using var client = network.Connect(6379);
        client.Ask("PING\r\n", "\r\n");
        using var departure = Departure.Begin(box);
        departure.Take(lazily);
        long begun = Stopwatch.GetTimestamp();
        using var arriving = Arrive(twin, departure, Redis);
        arriving.Expect<BoxMessage.Held>();
        var held = Stopwatch.GetElapsedTime(begun);
        departure.Rule(Verdict.Commit);
        departure.End();
        network.Switch();
        long released = Stopwatch.GetTimestamp();
        arriving.Send(new BoxMessage.Release { Runs = true });
        Assert.Equal("$6\r\nvalue7\r\n", client.Ask("GET seven\r\n", "value7\r\n"));
        var answered = Stopwatch.GetElapsedTime(released);
        if (lazily)
        {
            Wait.Until(() => arriving.BoxLog.Contains(AllThere, StringComparison.Ordinal), () => $"its memory has come: {arriving.BoxLog}");
        }

        string there = arriving.BoxLog.Split('\n').FirstOrDefault(line => line.Contains(AllThere, StringComparison.Ordinal)) ?? "";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{megabytes} MB {(lazily ? "lazily" : "eagerly")}: completed in {departure.Completing.TotalMilliseconds:F0}, box started to held {held.TotalMilliseconds:F0}, released to answer {answered.TotalMilliseconds:F0}, sum {(departure.Completing + held + answered).TotalMilliseconds:F0} ms; {there}"));
    }

    private TestBox StartRedis(int megabytes, out string digest, TestNetwork? network = null)
    {
        network ??= _network;
        var box = TestBox.Start(network, Redis, [(TestMachines.Tcp(6379), network.Placeholder(6379))]);
        box.Expect<BoxMessage.Listening>();
        using var client = network.Connect(6379);
        client.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        Assert.Equal("+OK\r\n", client.Ask($"DEBUG POPULATE {megabytes * 900} key 1000\r\n", "\r\n"));
        Assert.Equal("+OK\r\n", client.Ask("SET seven value7\r\n", "\r\n"));
        digest = Digest(client);
        return box;
    }

    /// <summary>Of all that redis knows.</summary>
    private static string Digest(Socket client) => client.Ask("DEBUG DIGEST\r\n", "\r\n");

    /// <summary>The source's is gone, the other one runs.</summary>
    private TestBox Run(TestNetwork network, Departure departure)
    {
        var arriving = Arrive(network, departure, Redis);
        arriving.Expect<BoxMessage.Held>();
        departure.Rule(Verdict.Commit);
        Assert.Equal((0, ""), departure.End());
        _network.Switch();
        arriving.Send(new BoxMessage.Release { Runs = true });
        arriving.Expect<BoxMessage.Started>();
        return arriving;
    }

    private static TestBox Arrive(TestNetwork network, Departure departure, MachineLaunch machine) =>
        TestBox.Start(network, machine, change: launch => launch with { RestoreFrom = departure.Images, Arrives = true });
}
