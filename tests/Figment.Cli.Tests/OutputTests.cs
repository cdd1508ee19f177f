using System.Runtime.CompilerServices;
using CsCheck;
using Figment.Api.Contract;
using Figment.Cli.Output;
using Figment.Cli.Projects;
using Figment.Cli.Sessions;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using Microsoft.Extensions.Time.Testing;

namespace Figment.Cli.Tests;

public sealed class OutputTests
{
    private static readonly FakeTimeProvider Time = new(Cli.Now);

    [Fact]
    public void Columns_are_two_spaces_apart_and_nothing_trails()
    {
        var table = new ColumnWriter("NAME", "STATE", "PORTS");
        table.Add("web-1", "running", null);
        table.Add("a-long-name-é", "x", "80/tcp\n\e[31m");
        table.Colour(1, Palette.Red);
        var text = new StringWriter { NewLine = "\n" };
        table.Write(text, Palette.None);

        Assert.Equal("NAME           STATE    PORTS\nweb-1          running  -\na-long-name-é  x        80/tcp??[31m\n", text.ToString());
    }

    [Fact]
    public void Colours_do_not_move_columns()
    {
        var table = new ColumnWriter("A", "B");
        table.Add("x", "y");
        table.Colour(0, Palette.Green);
        var text = new StringWriter { NewLine = "\n" };
        table.Write(text, new Palette(enabled: true));

        Assert.Equal("A  B\n\e[32mx\e[0m  y\n", text.ToString());
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(150 * 1024 * 1024, "150 MiB")]
    [InlineData(1.5 * 1024 * 1024 * 1024, "1.5 GiB")]
    public void Sizes_are_binary(double bytes, string expected) => Assert.Equal(expected, Units.Bytes(bytes));

    [Theory]
    [InlineData("10m", -600)]
    [InlineData("1h30m", -5400)]
    [InlineData("1.5s", -1.5)]
    [InlineData("2d", -172800)]
    [InlineData("1772373900", 0)]
    [InlineData("2026-03-01T14:05:10Z", 10)]
    public void Times_are_ago_or_absolute(string text, double secondsFromNow)
    {
        Assert.True(TimeArgument.TryParse(text, Cli.Now, out var at));
        Assert.Equal(Cli.Now.AddSeconds(secondsFromNow), at);
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("10")]
    [InlineData("m10")]
    [InlineData("10x")]
    [InlineData("-5m")]
    public void Other_words_are_no_times(string text)
    {
        bool parsed = TimeArgument.TryParse(text, Cli.Now, out var at);

        // A plain number is seconds since 1970, nothing else of these is a time.
        Assert.Equal(text == "10" ? (true, DateTimeOffset.FromUnixTimeSeconds(10)) : (false, at), (parsed, at));
    }

    [Fact]
    public void No_text_breaks_the_time_parser() =>
        Gen.String[0, 24].Sample(
            text =>
            {
                TimeArgument.TryParse(text, Cli.Now, out _);
                Assert.False(BareProgram.ParsePort(text) is { Target: 0 or > 65535 });
                Assert.False(ProcessSignal.Parse(text) is < 1 or > 64);
                Assert.Matches("^[a-z0-9][a-z0-9_-]{0,31}$", BareProgram.NameOf(text));
            },
            iter: 5_000);

    [Theory]
    [InlineData("8080:80", null, 8080, 80, TransportProtocol.Tcp)]
    [InlineData("80", null, 0, 80, TransportProtocol.Tcp)]
    [InlineData("127.0.0.1:53:53/udp", "127.0.0.1", 53, 53, TransportProtocol.Udp)]
    [InlineData("[::1]:1:2", "::1", 1, 2, TransportProtocol.Tcp)]
    public void Ports_are_published_as_docker_writes_them(string text, string? address, int published, int target, TransportProtocol protocol) =>
        Assert.Equal(new PublishedPortSpec { HostIp = address, Published = published, PublishedEnd = published, Target = target, Protocol = protocol }, BareProgram.ParsePort(text));

    [Fact]
    public void Why_tells_the_newest_cause_first_and_what_a_dying_program_wrote() =>
        Assert.Equal(
            [
                "redis-1 is running since 14:03:22: connection to 6379/tcp from web-1 (10.210.0.3:41822); ready after 0.250 s",
                "became imaginary again at 14:01:42: its program ended with exit code 137",
                "  | oops",
                "  | out of memory",
                "started at 13:51:42: web-1 depends on it; ready after 0.112 s",
            ],
            WhyProse.Lines("redis-1", Daemon.Events(), 20, Time));

    [Fact]
    public void Why_goes_back_to_the_last_down_and_shows_no_output_of_an_end_that_was_asked_for()
    {
        var stop = new Signal { Kind = SignalKind.User, Detail = "stop" };
        var events = new[]
        {
            Daemon.Event(1, 50, "web-1", MachineState.Imaginary, MachineState.Running, new Signal { Kind = SignalKind.Eager }),
            Daemon.Event(2, 40, "web-1", MachineState.Running, MachineState.Stopped, new Signal { Kind = SignalKind.Down }, 0),
            Daemon.Event(3, 30, "web-1", MachineState.Imaginary, MachineState.Running, new Signal { Kind = SignalKind.Eager }),
            Daemon.Event(4, 20, "web-1", MachineState.Running, MachineState.Imaginary, stop, 0, "bye"),
        };

        var lines = WhyProse.Lines("web-1", events, 20, Time);

        Assert.Equal(2, lines.Count);
        Assert.StartsWith("web-1 is imaginary since", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("started at", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Why_counts_rests_in_a_row_but_for_the_newest()
    {
        var idle = new Signal { Kind = SignalKind.Idle };
        var data = new Signal { Kind = SignalKind.Data, Port = 80 };
        var events = new List<EventView> { Daemon.Event(1, 5_000, "web-1", MachineState.Imaginary, MachineState.Running, new Signal { Kind = SignalKind.Eager }) };
        for (int number = 2; number <= 400; number++)
        {
            events.Add(number % 2 == 0
                ? Daemon.Event(number, 5_000 - (10 * number), "web-1", MachineState.Running, MachineState.Frozen, idle)
                : Daemon.Event(number, 5_000 - (10 * number), "web-1", MachineState.Frozen, MachineState.Running, data));
        }

        var lines = WhyProse.Lines("web-1", events, 20, Time);

        Assert.Equal(4, lines.Count);
        Assert.StartsWith("web-1 is frozen since", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("went on at", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("was frozen and went on 199 more times since", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("started at", lines[3], StringComparison.Ordinal);
        Assert.Equal(lines.Take(2), WhyProse.Lines("web-1", events, 2, Time));
    }

    [Fact]
    public void Why_of_a_machine_that_nothing_happened_to_says_so() =>
        Assert.Equal(["web-1 is imaginary: nothing has needed it yet"], WhyProse.Lines("web-1", [], 20, Time));

    [Fact]
    public void Every_kind_of_signal_reads_as_half_a_sentence() =>
        Approval.Check(
            "signals",
            string.Concat(Enum.GetValues<SignalKind>().Select(kind =>
                $"{kind}: {SignalText.Of(new Signal { Kind = kind }, 1)}\n"
                + $"{kind}: {SignalText.Of(new Signal { Kind = kind, FromMachine = "web-1", FromAddress = "10.210.0.3:41822", Port = 53, Protocol = TransportProtocol.Udp, Detail = "some detail" }, null)}\n")));

    [Theory]
    [InlineData(1, "exit code 1; died 5 times in a row", "its program ended: exit code 1; died 5 times in a row")]
    [InlineData(137, "ended by signal 9", "its program ended with exit code 137: ended by signal 9")]
    [InlineData(1, null, "its program ended with exit code 1")]
    public void An_exit_says_its_code_once(int code, string? detail, string expected) =>
        Assert.Equal(expected, SignalText.Of(new Signal { Kind = SignalKind.Exit, Detail = detail }, code));

    [Theory]
    [InlineData(MachineState.Running, HealthState.None, null, "running")]
    [InlineData(MachineState.Running, HealthState.Healthy, null, "running (healthy)")]
    [InlineData(MachineState.Running, HealthState.None, "it polls", "running (never idle)")]
    [InlineData(MachineState.Running, HealthState.Starting, "it polls", "running (health: starting, never idle)")]
    [InlineData(MachineState.Frozen, HealthState.Healthy, null, "frozen")]
    public void A_state_is_told_with_what_is_to_be_known_of_it(MachineState state, HealthState health, string? notIdle, string expected) =>
        Assert.Equal(expected, StateText.Of(new MachineView { Application = "shop", Machine = "web-1", Service = "web", State = state, Health = health, Since = Cli.Now, NotIdle = notIdle }));

    [Fact]
    public void Two_exits_in_a_row_are_two_lines()
    {
        var exit = new Signal { Kind = SignalKind.Exit };
        var events = new[]
        {
            Daemon.Event(1, 20, "web-1", MachineState.Running, MachineState.Imaginary, exit, 1),
            Daemon.Event(2, 10, "web-1", MachineState.Running, MachineState.Failed, exit, 1),
        };

        Assert.Equal(2, WhyProse.Lines("web-1", events, 20, Time).Count);
    }

    [Fact]
    public async Task Logs_of_several_machines_come_in_the_order_of_time() =>
        await Gen.Int[0, 1000].Array[0, 30].Array[0, 5].SampleAsync(
            async streams =>
            {
                foreach (int[] stream in streams)
                {
                    Array.Sort(stream);
                }

                var merged = new List<int>();
                await foreach (var (_, item) in TimeMerge.MergeAsync([.. streams.Select(Stream)], item => Cli.Now.AddSeconds(item), Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None))
                {
                    merged.Add(item);
                }

                Assert.Equal(streams.SelectMany(stream => stream).Order(), merged);
            },
            iter: 200);

    [Fact]
    public async Task A_silent_machine_does_not_hold_back_the_others()
    {
        var never = new TaskCompletionSource();
        var merged = TimeMerge.MergeAsync([Stream([1, 2]), Silent(never.Task)], item => Cli.Now.AddSeconds(item), TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None).GetAsyncEnumerator();

        Assert.True(await merged.MoveNextAsync());
        Assert.True(await merged.MoveNextAsync());
        Assert.Equal(2, merged.Current.Item);
        never.SetResult();
        Assert.False(await merged.MoveNextAsync());
    }

    [Theory]
    [InlineData("ab", "ab", false)]
    [InlineData("a\u0010\u0011b", "a", true)]
    [InlineData("\u0010x", "\u0010x", false)]
    [InlineData("\u0010\u0010\u0011", "\u0010", true)]
    public void The_detach_keys_are_found_over_pieces(string typed, string passed, bool detached)
    {
        var keys = new DetachKeys();
        string received = "";
        bool left = false;
        foreach (char key in typed.TakeWhile(_ => !left))
        {
            received += System.Text.Encoding.ASCII.GetString(keys.Filter([(byte)key], out left));
        }

        Assert.Equal((passed, detached), (received, left));
    }

    private static async IAsyncEnumerable<int> Stream(int[] items)
    {
        foreach (int item in items)
        {
            await Task.Yield();
            yield return item;
        }
    }

    private static async IAsyncEnumerable<int> Silent(Task until, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await until.WaitAsync(cancellationToken);
        yield break;
    }
}
