using System.Diagnostics;
using Figment.Box.Tests.Harness;
using Figment.Model.Control;
using Figment.Model.States;

namespace Figment.Box.Tests;

/// <summary>Machines stand still while nothing comes, and go on when something does.</summary>
public sealed class FreezeTests(ITestOutputHelper output) : IDisposable
{
    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void A_frozen_redis_answers_on_the_connection_that_it_had_and_on_a_new_one()
    {
        using var box = TestBox.Start(_network, TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp"));
        box.Expect<BoxMessage.Listening>();
        using var client = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));

        box.Freeze();
        string before = ProcessorTime(box);
        Pause(TimeSpan.FromMilliseconds(500));
        Assert.Equal(before, ProcessorTime(box));

        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        Assert.Equal(ThawCause.Data, box.Expect<BoxMessage.Thawed>().Cause);

        box.Freeze();
        using var second = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", second.Ask("PING\r\n", "\r\n"));
        Assert.Equal(ThawCause.Data, box.Expect<BoxMessage.Thawed>().Cause);
    }

    /// <summary>With swap of the test's own. What it costs to come back is printed.</summary>
    [Fact]
    public void A_frozen_machine_gives_its_memory_back_and_has_it_again_when_it_goes_on()
    {
        const long Values = 50_000;
        using var swap = new SwapFile(mebibytes: 256);
        using var box = TestBox.Start(_network, TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp"));
        box.Expect<BoxMessage.Listening>();
        using var client = _network.Connect(6379);
        client.Ask($"EVAL \"for i = 1, {Values} do redis.call('set', 'k' .. i, string.rep('x', 1000)) end\" 0\r\n", "\r\n");
        const string All = $"EVAL \"local n = 0 for i = 1, 50000 do n = n + #redis.call('get', 'k' .. i) end return n\" 0\r\n";

        string limit = MemoryLimit(box);

        box.Freeze(reclaimAfterMs: 200);
        var reclaimed = box.Expect<BoxMessage.Reclaimed>();
        Assert.True(reclaimed.BytesBefore > Values * 1000, $"{reclaimed}");
        Assert.True(reclaimed.BytesAfter < reclaimed.BytesBefore / 4, $"{reclaimed}");
        Assert.Empty(box.Rest().OfType<BoxMessage.Thawed>());
        Assert.Equal(limit, MemoryLimit(box));

        var watch = Stopwatch.StartNew();
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        double first = watch.Elapsed.TotalMilliseconds;
        watch.Restart();
        Assert.Equal($":{Values * 1000}\r\n", client.Ask(All, "\r\n"));
        double all = watch.Elapsed.TotalMilliseconds;
        watch.Restart();
        client.Ask(All, "\r\n");
        output.WriteLine($"memory {reclaimed.BytesBefore >> 20} to {reclaimed.BytesAfter >> 20} MiB; first answer after {first:F1} ms, all values read in {all:F1} ms, once more in {watch.Elapsed.TotalMilliseconds:F1} ms");
        Assert.Equal(ThawCause.Data, box.Expect<BoxMessage.Thawed>().Cause);
    }

    [Fact]
    public void Who_comes_while_memory_is_given_back_is_answered()
    {
        using var swap = new SwapFile(mebibytes: 256);
        using var box = TestBox.Start(_network, TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp"));
        box.Expect<BoxMessage.Listening>();
        using var client = _network.Connect(6379);
        client.Ask("EVAL \"for i = 1, 50000 do redis.call('set', 'k' .. i, string.rep('x', 1000)) end\" 0\r\n", "\r\n");
        for (int delay = 1; delay <= 16; delay *= 2)
        {
            box.Freeze(reclaimAfterMs: 1);
            Pause(TimeSpan.FromMilliseconds(delay));
            Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
            Assert.Equal(ThawCause.Data, box.Expect<BoxMessage.Thawed>().Cause);
        }
    }

    [Theory]
    [InlineData("time.sleep(1.5)")]
    [InlineData("select.select([], [], [], 1.5)")]
    [InlineData("select.poll().poll(1500)")]
    [InlineData("select.epoll().poll(1.5)")]
    [InlineData("threading.Event().wait(1.5)")]
    [InlineData("signal.sigtimedwait([signal.SIGUSR1], 1.5)")]
    public void A_wait_ends_when_it_would_have(string wait)
    {
        using var box = TestBox.Start(_network, TestMachines.Host("/usr/bin/python3", "-uc", $"import time, select, threading, signal; print('began', time.monotonic()); {wait}; print('ended', time.monotonic()); time.sleep(1000)"));
        Wait.Until(() => box.Log.Count == 1, "it begins");

        box.Freeze();

        Assert.Equal(ThawCause.Timer, box.Expect<BoxMessage.Thawed>().Cause);
        Wait.Until(() => box.Log.Count == 2, "it ends its wait");
        double[] times = [.. box.Log.Select(line => double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.InRange(times[1] - times[0], 1.5, 2.5);
    }

    /// <summary>pthread_cond_timedwait gives a point in time, a tenth of a second away each time.</summary>
    [Fact]
    public void A_tick_is_one_however_its_end_is_written()
    {
        using var box = TestBox.Start(_network, TestMachines.Host("/usr/bin/python3", "-uc", "import threading\ne = threading.Event()\nprint('began')\nwhile True: e.wait(0.1)"));
        Wait.Until(() => box.Log.Count == 1, "it begins");

        box.Freeze();

        Pause(TimeSpan.FromMilliseconds(500));
        Assert.DoesNotContain(box.Rest(), message => message is BoxMessage.Thawed);
    }

    [Fact]
    public void A_sleep_that_was_frozen_before_ends_at_its_time()
    {
        using var box = TestBox.Start(_network, TestMachines.Host("/usr/bin/python3", "-uc", "import time; print('began'); time.sleep(3); print('ended'); time.sleep(1000)"));
        Wait.Until(() => box.Log.Count == 1, "it begins");
        for (int round = 0; round < 3; round++)
        {
            box.Freeze();
            box.Send(new BoxMessage.Thaw { Why = "test" });
            Assert.Equal(ThawCause.Asked, box.Expect<BoxMessage.Thawed>().Cause);
        }

        box.Freeze();

        Assert.Equal(ThawCause.Timer, box.Expect<BoxMessage.Thawed>().Cause);
        Wait.Until(() => box.Log.Count == 2, "it ends its wait");
    }

    [Fact]
    public void A_program_that_is_busy_is_not_frozen_and_the_thread_is_named()
    {
        using var box = TestBox.Start(_network, TestMachines.Script("echo on; while :; do :; done"));
        box.Expect<BoxMessage.Started>();
        Wait.Until(() => box.Log.Count == 1, "it begins");

        box.Send(new BoxMessage.Freeze { TickMs = 500 });

        Assert.Contains("runs", box.Expect<BoxMessage.Busy>().Reason, StringComparison.Ordinal);
    }

    /// <summary>The first process of a machine cannot be stopped so: a child of it is.</summary>
    [Fact]
    public void A_program_that_has_stopped_itself_rests_and_goes_on_when_it_is_told_to()
    {
        using var box = TestBox.Start(_network, TestMachines.Host("/usr/bin/python3", "-uc", """
            import os, signal, time
            child = os.fork()
            if child == 0:
                print('stops')
                os.kill(os.getpid(), signal.SIGSTOP)
                print('goes on')
                time.sleep(1000)
            signal.signal(signal.SIGUSR1, lambda *_: os.kill(child, signal.SIGCONT))
            while True: signal.pause()
            """));
        Wait.Until(() => box.Log.Count == 1, "it stops");

        box.Freeze();
        box.Send(new BoxMessage.SignalProgram { Signal = 10 });

        Wait.Until(() => box.Log.Count == 2, "it goes on");
    }

    [Fact]
    public void Exec_and_stop_thaw_a_frozen_machine()
    {
        using var box = TestBox.Start(_network, TestMachines.Script("trap 'exit 7' TERM; echo on; sleep 1000 & wait"));
        Wait.Until(() => box.Log.Count == 1, "it begins");
        box.Freeze();

        using (var client = StreamClient.Exec(box, "/bin/echo", "hello"))
        {
            Assert.Equal(0, client.ReadToExit());
            Assert.Equal("hello\n", client.Output.ToString());
        }

        Assert.Equal(ThawCause.Asked, box.Expect<BoxMessage.Thawed>().Cause);
        box.Freeze();
        box.Send(new BoxMessage.StopProgram());

        Assert.Equal(7, box.ExpectExit().ExitCode);
    }

    [Fact]
    public void Input_of_an_attached_client_thaws()
    {
        var machine = TestMachines.Script("echo on; read line; echo got $line; sleep 1000");
        using var box = TestBox.Start(_network, machine with { Program = machine.Program with { StdinOpen = true } });
        Wait.Until(() => box.Log.Count == 1, "it begins");
        box.Freeze();

        using var attached = StreamClient.Attach(box, input: true);
        attached.Send(0, "it\n"u8);

        Wait.Until(() => box.Log.Count == 2, "it reads");
        Assert.Equal("got it", box.Log[1]);
        Assert.Equal(ThawCause.Data, box.Expect<BoxMessage.Thawed>().Cause);
    }

    [Fact]
    public void A_frozen_program_ends_with_its_box_and_a_killed_one_is_seen()
    {
        using (var box = TestBox.Start(_network, TestMachines.Host("/bin/sleep", "1000")))
        {
            int pid = box.Expect<BoxMessage.Started>().Pid;
            box.Freeze();
            Process.GetProcessById(pid).Kill();
            Assert.Equal(9, box.ExpectExit().Signal);
        }

        using (var box = TestBox.Start(_network, TestMachines.Host("/bin/sleep", "1000")))
        {
            int pid = box.Expect<BoxMessage.Started>().Pid;
            box.Freeze();
            box.Kill();
            Wait.Until(() => !Directory.Exists($"/proc/{pid}"), "the program ends with its box");
        }
    }

    private static void Pause(TimeSpan time)
    {
        using var pause = new ManualResetEventSlim();
        pause.Wait(time, TestContext.Current.CancellationToken);
    }

    /// <summary>Of the machine, in nanoseconds or microseconds.</summary>
    private static string ProcessorTime(TestBox box) => GroupFile(box, "cpuacct/", "cpuacct.usage", "cpu.stat");

    private static string MemoryLimit(TestBox box) => GroupFile(box, "memory/", "memory.limit_in_bytes", "memory.max");

    /// <summary>Its first line, of version 1 or of the unified tree.</summary>
    private static string GroupFile(TestBox box, string controller, string file, string unifiedFile)
    {
        string group = $"figment-box-test/{Path.GetFileName(box.Folder)}";
        string path = $"/sys/fs/cgroup/{controller}{group}/{file}";
        return File.ReadLines(File.Exists(path) ? path : $"/sys/fs/cgroup/{group}/{unifiedFile}").First();
    }
}
