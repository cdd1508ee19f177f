using Figment.Machines.Actions;
using Figment.Machines.Decisions;
using Figment.Machines.Inputs;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using static Figment.Machines.Tests.Bench;

namespace Figment.Machines.Tests;

public sealed class EndTests
{
    /// <summary>Eager, serves a port, policy, exit code, state afterwards (after a run of a minute).</summary>
    public static TheoryData<bool, bool, RestartPolicy, int, MachineState> Ends => new()
    {
        { false, true, RestartPolicy.No, 0, MachineState.Imaginary },
        { false, true, RestartPolicy.No, 1, MachineState.Imaginary },
        { false, true, RestartPolicy.Always, 0, MachineState.Imaginary },
        { false, true, RestartPolicy.Always, 1, MachineState.Imaginary },
        { true, true, RestartPolicy.No, 0, MachineState.Completed },
        { true, true, RestartPolicy.No, 1, MachineState.Imaginary },
        { true, false, RestartPolicy.No, 0, MachineState.Completed },
        { true, false, RestartPolicy.No, 1, MachineState.Imaginary },
        { true, false, RestartPolicy.Always, 0, MachineState.Starting },
        { true, false, RestartPolicy.Always, 1, MachineState.Starting },
        { true, false, RestartPolicy.UnlessStopped, 0, MachineState.Starting },
        { true, false, RestartPolicy.OnFailure, 0, MachineState.Completed },
        { true, false, RestartPolicy.OnFailure, 1, MachineState.Starting },
        { true, true, RestartPolicy.OnFailure, 1, MachineState.Starting },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public void What_follows_an_exit(bool eager, bool port, RestartPolicy policy, int code, MachineState expected)
    {
        var machine = Restarts(Machine("m", port ? 80 : null), policy);
        var bench = new Bench(eager ? Eager(machine) : machine);
        if (!eager)
        {
            bench.Connect("m-1");
        }

        bench.Runs("m-1");
        bench.Pass(60_000);

        bench.Exits("m-1", code);

        bench.AssertState("m-1", expected);
        Assert.Equal(expected != MachineState.Starting, bench["m-1"].HoldsPlaceholders);
        Assert.Equal(expected == MachineState.Starting ? 1 : 0, bench["m-1"].Restarts);
    }

    [Fact]
    public void Dying_at_once_again_and_again_is_backed_off_then_given_up()
    {
        var bench = new Bench(Machine("web"));
        var pauses = new List<long>();
        for (int death = 1; death <= Limits.FastDeathsMax; death++)
        {
            bench.Connect("web-1");
            bench.Pass(Math.Max(0, bench["web-1"].BackoffUntilMs - bench.NowMs));
            bench.AssertState("web-1", MachineState.Starting);
            bench.Exits("web-1", 1);
            pauses.Add(bench["web-1"].BackoffUntilMs - bench.NowMs);
        }

        Assert.Equal([100, 200, 400, 800, 1600], pauses);
        bench.AssertState("web-1", MachineState.Failed);
        Assert.False(bench["web-1"].HoldsPlaceholders);
        Assert.Equal(["it broke"], bench.Actions.OfType<MachineAction.Record>().Last().LastLines);
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(5, 1_600)]
    [InlineData(9, 25_600)]
    [InlineData(10, 30_000)]
    [InlineData(1_000, 30_000)]
    public void The_backoff_doubles_up_to_half_a_minute(int deaths, long expectedMs) => Assert.Equal(expectedMs, Limits.BackoffMs(deaths));

    [Fact]
    public void During_the_backoff_a_client_waits_in_the_queue()
    {
        var bench = new Bench(Machine("web"));
        bench.Connect("web-1");
        bench.Exits("web-1", 1);

        bench.Connect("web-1");
        bench.AssertState("web-1", MachineState.Waiting);
        Assert.True(bench["web-1"].HoldsPlaceholders);
        bench.Pass(99);
        bench.AssertState("web-1", MachineState.Waiting);
        bench.Pass(1);

        bench.AssertState("web-1", MachineState.Starting);
    }

    [Fact]
    public void A_long_run_forgives_earlier_deaths()
    {
        var bench = new Bench(Machine("web"));
        for (int round = 0; round < 20; round++)
        {
            bench.Connect("web-1");
            bench.Listens("web-1");
            bench.Pass(round % 2 == 0 ? Limits.FastDeathMs : Limits.FastDeathMs - 1);
            bench.Exits("web-1", 1);
            bench.AssertState("web-1", MachineState.Imaginary);
            bench.Pass(1_000);
        }
    }

    [Fact]
    public void A_failed_machine_refuses_for_a_minute_then_a_signal_tries_once_more()
    {
        var bench = Failed();
        bench.Connect("web-1");
        bench.AssertState("web-1", MachineState.Failed);

        bench.Pass(Limits.CoolDownMs);
        bench.AssertState("web-1", MachineState.Failed);
        Assert.Equal([new MachineAction.HoldPlaceholders("web-1")], bench.Last);
        bench.Connect("web-1");
        bench.AssertState("web-1", MachineState.Starting);
        bench.Exits("web-1", 1);

        bench.AssertState("web-1", MachineState.Failed);
    }

    [Fact]
    public void A_failed_machine_is_started_by_a_user_with_a_clean_slate()
    {
        var bench = Failed();
        long request = bench.Start("web-1");
        bench.AssertState("web-1", MachineState.Starting);
        Assert.Null(bench.AnswerTo(request));

        bench.Exits("web-1", 1);

        bench.AssertState("web-1", MachineState.Imaginary);
        Assert.Contains("exit code 1", bench.AnswerTo(request), StringComparison.Ordinal);
    }

    [Fact]
    public void An_eager_machine_with_a_policy_is_tried_again_after_each_cool_down()
    {
        var bench = new Bench(Restarts(Machine("job", null), RestartPolicy.Always));
        for (int death = 0; death < Limits.FastDeathsMax; death++)
        {
            bench.Exits("job-1", 1);
            bench.Pass(5_000);
        }

        bench.AssertState("job-1", MachineState.Failed);
        bench.Pass(Limits.CoolDownMs);
        bench.AssertState("job-1", MachineState.Starting);
    }

    [Fact]
    public void On_failure_stops_after_its_attempts()
    {
        var bench = new Bench(Restarts(Machine("job", null), RestartPolicy.OnFailure, maxAttempts: 2));
        for (int run = 0; run < 3; run++)
        {
            bench.Started("job-1");
            bench.Pass(20_000);
            bench.Exits("job-1", 1);
        }

        bench.AssertState("job-1", MachineState.Imaginary);
        Assert.Equal(3, bench.Count<MachineAction.SpawnBox>("job-1"));
    }

    [Fact]
    public void A_killed_box_is_told_and_the_next_signal_starts_another()
    {
        var bench = new Bench(Machine("web"));
        bench.Connect("web-1");
        bench.Runs("web-1");
        bench.Pass(60_000);

        bench.BoxDies("web-1");
        bench.AssertState("web-1", MachineState.Imaginary);
        Assert.Equal(SignalKind.BoxLost, bench["web-1"].Cause!.Kind);
        bench.Connect("web-1");

        bench.AssertState("web-1", MachineState.Starting);
    }

    [Fact]
    public void A_machine_whose_box_still_clears_up_holds_its_ports_and_starts_when_that_is_gone()
    {
        var bench = new Bench(Machine("web"));
        bench.Connect("web-1");
        bench.Runs("web-1");
        bench.Pass(60_000);
        long box = bench["web-1"].Box!.Value;
        bench.Feed(new MachineInput.ProgramExited("web-1", box, 0, null, false, []));
        Assert.True(bench["web-1"].HoldsPlaceholders);

        bench.Connect("web-1");
        bench.AssertState("web-1", MachineState.Waiting);
        bench.Feed(new MachineInput.BoxGone("web-1", box));

        bench.AssertState("web-1", MachineState.Starting);
        Assert.NotEqual(box, bench["web-1"].Box);
    }

    [Fact]
    public void A_box_that_does_not_end_after_its_program_is_killed()
    {
        var bench = new Bench(Machine("web"));
        bench.Connect("web-1");
        long box = bench["web-1"].Box!.Value;
        bench.Feed(new MachineInput.ProgramExited("web-1", box, 0, null, false, []));

        bench.Pass(Limits.BoxLingerMs);

        Assert.Contains(new MachineAction.KillBox("web-1", box), bench.Actions);
    }

    [Fact]
    public void A_one_off_machine_leaves_when_it_ends()
    {
        var bench = new Bench(Machine("run", null) with { OneOff = true });
        bench.Started("run-1");

        bench.Exits("run-1", 0);

        Assert.Empty(bench.Application.Machines);
        Assert.Contains(new MachineAction.ForgetMachine("run-1", "/overlay/run"), bench.Actions);
    }

    private static Bench Failed()
    {
        var bench = new Bench(Machine("web"));
        for (int death = 0; death < Limits.FastDeathsMax; death++)
        {
            bench.Connect("web-1");
            bench.Pass(5_000);
            bench.Exits("web-1", 1);
        }

        bench.AssertState("web-1", MachineState.Failed);
        return bench;
    }
}
