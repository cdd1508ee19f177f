using Figment.Box.Tests.Harness;
using Figment.Linux.UnixSockets;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Box.Tests;

/// <summary>A box says when its machine is quiet.</summary>
public sealed class IdleTests : IDisposable
{
    private static readonly IdleSpec Soon = new() { FreezeAfterMs = 300 };

    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void A_server_is_quiet_without_requests_and_says_who_woke_it()
    {
        using var box = Start(TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp"));
        box.Expect<BoxMessage.Listening>();
        using var client = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));

        var quiet = box.Expect<BoxMessage.Quiet>();
        Assert.InRange(quiet.ForMs, 300, 5_000);
        Assert.InRange(quiet.ProcessorUs, 0, quiet.ForMs * 10);
        Assert.Equal(0, quiet.NetworkBytes);
        box.Freeze();
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));

        var thawed = box.Expect<BoxMessage.Thawed>();
        Assert.Equal((ThawCause.Data, 6379, TransportProtocol.Tcp), (thawed.Cause, thawed.Port, thawed.Protocol));
        Assert.StartsWith(TestNetwork.ClientAddress + ":", thawed.FromAddress, StringComparison.Ordinal);
        Assert.Equal([TestNetwork.ClientAddress], box.Expect<BoxMessage.Quiet>().Peers);
    }

    [Fact]
    public void Who_was_quiet_and_is_asked_something_is_active()
    {
        using var box = Start(TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp"));
        box.Expect<BoxMessage.Listening>();
        box.Expect<BoxMessage.Quiet>();

        using var client = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));

        box.Expect<BoxMessage.Active>();
        box.Expect<BoxMessage.Quiet>();
    }

    [Theory]
    [InlineData("while :; do echo tick; sleep 0.1; done")]
    [InlineData("while :; do :; done")]
    public void A_program_that_writes_or_computes_is_not_quiet(string script)
    {
        using var box = Start(TestMachines.Script(script));
        box.Expect<BoxMessage.Started>();

        Pause(TimeSpan.FromSeconds(1.5));

        Assert.DoesNotContain(box.Rest(), message => message is BoxMessage.Quiet);
    }

    [Fact]
    public void A_datagram_is_no_quiet()
    {
        using var box = Start(TestMachines.Host("/usr/bin/python3", "-uc", """
            import socket, time
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 5353))
            print("bound")
            while True: s.recvfrom(100)
            """));
        Wait.Until(() => box.Log.Count == 1, "it is bound");
        using var client = _network.Datagrams(5353);
        box.Expect<BoxMessage.Quiet>();

        client.Send("x"u8);

        box.Expect<BoxMessage.Active>();
        box.Expect<BoxMessage.Quiet>();
        box.Freeze();
        client.Send("x"u8);
        var thawed = box.Expect<BoxMessage.Thawed>();
        Assert.Equal((ThawCause.Data, 5353, TransportProtocol.Udp), (thawed.Cause, thawed.Port, thawed.Protocol));
    }

    [Fact]
    public void Health_checks_keep_nothing_awake_and_a_frozen_machine_is_not_checked()
    {
        var machine = TestMachines.Script("trap 'exit 0' TERM; sleep 1000 & wait") with
        {
            HealthCheck = new HealthCheckSpec { Test = ["echo x >> /tmp/checks"], Shell = true, IntervalMs = 50, TimeoutMs = 5_000, Retries = 2 },
        };
        using var box = Start(machine);
        box.Expect<BoxMessage.HealthChanged>(change => change.State == HealthState.Healthy);

        box.Expect<BoxMessage.Quiet>();
        box.Freeze();
        string file = Path.Combine($"/proc/{box.Expect<BoxMessage.Started>().Pid}/root/tmp/checks");
        string before = File.ReadAllText(file);
        Pause(TimeSpan.FromMilliseconds(300));
        Assert.Equal(before, File.ReadAllText(file));

        box.Send(new BoxMessage.Thaw { Why = "test" });
        Wait.Until(() => File.ReadAllText(file) != before, "it is checked again");
        Assert.DoesNotContain(box.Rest(), message => message is BoxMessage.HealthChanged { State: HealthState.Unhealthy });
    }

    [Fact]
    public void A_machine_that_goes_on_by_itself_soon_is_not_worth_it_and_is_tried_again_ever_later()
    {
        using var box = Start(TestMachines.Host("/usr/bin/python3", "-uc", "import time\nwhile True: time.sleep(1)"));
        var first = box.Expect<BoxMessage.Quiet>();

        box.Send(new BoxMessage.Freeze { TickMs = 500, AtLeastMs = 2_000 });
        Assert.Matches(@"^thread \d+ goes on by itself in \d+ ms", box.Expect<BoxMessage.Busy>().Reason);
        var second = box.Expect<BoxMessage.Quiet>();
        Assert.InRange(second.ForMs - first.ForMs, 300, 5_000);
        box.Send(new BoxMessage.Freeze { TickMs = 500, AtLeastMs = 2_000 });
        box.Expect<BoxMessage.Busy>();
        Assert.InRange(box.Expect<BoxMessage.Quiet>().ForMs - second.ForMs, 600, 5_000);

        // For who does not count such waits it rests.
        box.Freeze(tickMs: 30_000);
    }

    /// <summary>All members of a group must be free of such waits at one moment.</summary>
    [Fact]
    public void Where_heartbeats_do_not_count_a_wait_in_the_way_is_tried_after_its_end()
    {
        using var box = TestBox.Start(_network, TestMachines.Host("/usr/bin/python3", "-uc", "import time\nwhile True: time.sleep(2)") with { Idle = new IdleSpec { FreezeAfterMs = 5_000, IgnoreHeartbeat = true } });
        var before = box.Expect<BoxMessage.Quiet>();

        box.Send(new BoxMessage.Freeze { TickMs = 1_000, AtLeastMs = 5_000 });
        var busy = box.Expect<BoxMessage.Busy>();
        Assert.InRange(busy.EndsInMs!.Value, 0, 2_000);
        Assert.InRange(box.Expect<BoxMessage.Quiet>().ForMs - before.ForMs, busy.EndsInMs.Value, 4_900);
    }

    [Fact]
    public void Who_was_frozen_for_nothing_is_as_quiet_as_it_was()
    {
        using var box = TestBox.Start(_network, TestMachines.Script("sleep 1000 & wait") with { Idle = new IdleSpec { FreezeAfterMs = 3_000 } });
        var before = box.Expect<BoxMessage.Quiet>();
        box.Freeze();

        box.Send(new BoxMessage.Thaw { Why = "Peer", IsUndo = true });

        Assert.Equal(ThawCause.Undone, box.Expect<BoxMessage.Thawed>().Cause);
        var again = box.Expect<BoxMessage.Quiet>();
        Assert.InRange(again.ForMs - before.ForMs, 0, 2_900);
        box.Freeze();
        box.Send(new BoxMessage.Thaw { Why = "test" });
        Assert.Equal(ThawCause.Asked, box.Expect<BoxMessage.Thawed>().Cause);
        Assert.InRange(box.Expect<BoxMessage.Quiet>().ForMs, 3_000, 3_900);
    }

    [Theory]
    [InlineData("signal.alarm(2)")]
    [InlineData("signal.setitimer(signal.ITIMER_REAL, 2)")]
    public void A_timer_that_ends_in_a_signal_thaws(string timer)
    {
        using var box = Start(TestMachines.Host("/usr/bin/python3", "-uc", $"import signal; signal.signal(signal.SIGALRM, lambda *_: print('rings')); {timer}; print('set'); signal.pause(); signal.pause()"));
        Wait.Until(() => box.Log.Count == 1, "it is set");

        box.Freeze();

        var thawed = box.Expect<BoxMessage.Thawed>();
        Assert.Equal(ThawCause.Timer, thawed.Cause);
        Assert.StartsWith("signal 14 for process", thawed.Detail, StringComparison.Ordinal);
        Wait.Until(() => box.Log.Count == 2, "it rings");
    }

    [Fact]
    public void A_keeper_that_comes_later_is_told_what_it_must_know()
    {
        using var box = Start(TestMachines.Host("/bin/sleep", "1000"));
        box.Expect<BoxMessage.Quiet>();

        box.Follow(UnixSocket.Connect(Path.Combine(box.RuntimeDirectory, "box.sock")));
        box.Send(new BoxMessage.Hello { Epoch = 1 });
        Assert.False(box.Expect<BoxMessage.Report>().IsFrozen);
        box.Expect<BoxMessage.Quiet>();
        box.Freeze();

        box.Follow(UnixSocket.Connect(Path.Combine(box.RuntimeDirectory, "box.sock")));
        box.Send(new BoxMessage.Hello { Epoch = 1 });
        Assert.True(box.Expect<BoxMessage.Report>().IsFrozen);
    }

    [Fact]
    public void A_new_policy_counts_from_now_on()
    {
        using var box = TestBox.Start(_network, TestMachines.Host("/bin/sleep", "1000") with { Idle = new IdleSpec { FreezeAfterMs = 0 } });
        box.Expect<BoxMessage.Started>();
        Pause(TimeSpan.FromMilliseconds(600));
        Assert.DoesNotContain(box.Rest(), message => message is BoxMessage.Quiet);

        box.Send(new BoxMessage.IdlePolicy { Idle = Soon });

        box.Expect<BoxMessage.Quiet>();
    }

    private TestBox Start(MachineLaunch machine) => TestBox.Start(_network, machine with { Idle = Soon });

    private static void Pause(TimeSpan time)
    {
        using var pause = new ManualResetEventSlim();
        pause.Wait(time, TestContext.Current.CancellationToken);
    }
}
