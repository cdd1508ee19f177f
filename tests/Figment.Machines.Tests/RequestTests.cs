using Figment.Machines.Actions;
using Figment.Machines.Decisions;
using Figment.Machines.Inputs;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using static Figment.Machines.Tests.Bench;

namespace Figment.Machines.Tests;

public sealed class RequestTests
{
    [Fact]
    public void A_stopped_machine_refuses_and_no_signal_starts_it()
    {
        var bench = Running("web");
        long request = bench.Stop("web-1");
        bench.AssertState("web-1", MachineState.Stopping);
        Assert.Null(bench.AnswerTo(request));
        bench.Exits("web-1", 143);

        Assert.Equal("", bench.AnswerTo(request));
        bench.Connect("web-1");
        bench.AssertState("web-1", MachineState.Stopped);
        Assert.False(bench["web-1"].HoldsPlaceholders);
    }

    [Fact]
    public void Stopping_to_imaginary_holds_the_ports_again()
    {
        var bench = Running("web");
        bench.Stop("web-1", toImaginary: true);

        bench.Exits("web-1", 143);

        bench.AssertState("web-1", MachineState.Imaginary);
        Assert.True(bench["web-1"].HoldsPlaceholders);
    }

    [Fact]
    public void Stopping_a_waiting_machine_to_imaginary_resets_who_waits_so_that_they_do_not_start_it_again()
    {
        var bench = new Bench(Needs(Machine("web"), "db"), Machine("db"));
        bench.Connect("web-1");

        bench.Stop("web-1", toImaginary: true);

        bench.AssertState("web-1", MachineState.Imaginary);
        Assert.Equal(
            ["ClosePlaceholders", "HoldPlaceholders"],
            bench.Last.Where(action => action is MachineAction.ClosePlaceholders or MachineAction.HoldPlaceholders).Select(action => action.GetType().Name));
    }

    [Theory]
    [InlineData(MachineState.Imaginary)]
    [InlineData(MachineState.Waiting)]
    public void Stopping_what_does_not_run_is_done_at_once(MachineState state)
    {
        var bench = new Bench(Needs(Machine("web"), "db"), Machine("db"));
        if (state == MachineState.Waiting)
        {
            bench.Connect("web-1");
        }

        bench.AssertState("web-1", state);
        long request = bench.Stop("web-1");

        Assert.Equal("", bench.AnswerTo(request));
        bench.AssertState("web-1", MachineState.Stopped);
    }

    [Fact]
    public void Start_answers_when_it_runs()
    {
        var bench = new Bench(Machine("web"));
        long request = bench.Start("web-1");
        Assert.Null(bench.AnswerTo(request));

        bench.Runs("web-1");

        Assert.Equal("", bench.AnswerTo(request));
        Assert.Equal((SignalKind.User, "start"), (bench["web-1"].Cause!.Kind, bench["web-1"].Cause!.Detail));
    }

    [Fact]
    public void Start_without_waiting_answers_at_once()
    {
        var bench = new Bench(Machine("web"));

        Assert.Equal("", bench.AnswerTo(bench.Start("web-1", wait: false)));
        bench.AssertState("web-1", MachineState.Starting);
    }

    [Fact]
    public void A_start_that_is_stopped_meanwhile_is_answered()
    {
        var bench = new Bench(Machine("web"));
        long start = bench.Start("web-1");

        bench.Stop("web-1");

        Assert.Contains("stopped before it ran", bench.AnswerTo(start), StringComparison.Ordinal);
    }

    [Fact]
    public void Restart_stops_and_starts_and_takes_those_along_that_ask_for_it()
    {
        var web = Machine("web") with { DependsOn = [new DependencySpec { Service = "db", Restart = true }] };
        var bench = new Bench(web, Machine("db"));
        bench.Connect("web-1");
        bench.Runs("db-1");
        bench.Runs("web-1");

        long request = bench.Restart("db-1");
        bench.AssertState("db-1", MachineState.Running);
        bench.AssertState("web-1", MachineState.Stopping);
        bench.Exits("web-1", 0);
        bench.AssertState("db-1", MachineState.Stopping);
        bench.Exits("db-1", 0);
        bench.Runs("db-1");

        Assert.Equal("", bench.AnswerTo(request));
        bench.AssertState("web-1", MachineState.Starting);
    }

    [Fact]
    public void A_box_that_does_not_stop_in_time_is_killed()
    {
        var bench = Running("web");
        bench.Stop("web-1");

        bench.Pass(10_000 + Limits.StopMarginMs);
        Assert.Contains(new MachineAction.KillBox("web-1", bench["web-1"].Box!.Value), bench.Actions);
        bench.BoxDies("web-1");

        bench.AssertState("web-1", MachineState.Stopped);
    }

    [Fact]
    public void A_user_s_kill_is_no_death_of_the_program_s_own()
    {
        var bench = new Bench(Restarts(Machine("job", null), RestartPolicy.Always));
        bench.Started("job-1");
        long request = bench.Ask(number => new MachineInput.KillAsked(number, "job-1", 9));

        bench.Exits("job-1", 137);

        Assert.Equal("", bench.AnswerTo(request));
        bench.AssertState("job-1", MachineState.Imaginary);
        Assert.Equal(0, bench["job-1"].FastDeaths);
    }

    [Fact]
    public void Killing_what_does_not_run_is_refused()
    {
        var bench = new Bench(Machine("web"));

        Assert.Contains("no program", bench.AnswerTo(bench.Ask(number => new MachineInput.KillAsked(number, "web-1", 15))), StringComparison.Ordinal);
    }

    [Fact]
    public void Removing_forgets_what_was_written()
    {
        var bench = Running("web");
        Assert.Contains("--force", bench.AnswerTo(bench.Ask(number => new MachineInput.RemoveAsked(number, "web-1", Force: false))), StringComparison.Ordinal);

        long request = bench.Ask(number => new MachineInput.RemoveAsked(number, "web-1", Force: true));
        Assert.Null(bench.AnswerTo(request));
        bench.Exits("web-1", 137);

        Assert.Equal("", bench.AnswerTo(request));
        Assert.Contains(new MachineAction.CleanMachine("web-1"), bench.Actions);
        bench.AssertState("web-1", MachineState.Imaginary);
    }

    [Fact]
    public void An_unknown_machine_is_named_with_those_there_are()
    {
        var bench = new Bench(Machine("web"), Machine("db"));

        Assert.Contains("db-1, web-1", bench.AnswerTo(bench.Start("wbe-1")), StringComparison.Ordinal);
    }

    [Fact]
    public void Down_ends_dependants_first_then_answers_and_decides_nothing_more()
    {
        var bench = new Bench(Needs(Machine("web"), "db"), Machine("db"));
        bench.Connect("web-1");
        bench.Runs("db-1");
        bench.Runs("web-1");

        bench.Down();
        bench.AssertState("web-1", MachineState.Stopping);
        bench.AssertState("db-1", MachineState.Running);
        bench.Exits("web-1", 0);
        bench.AssertState("db-1", MachineState.Stopping);
        Assert.Empty(bench.Actions.OfType<MachineAction.Finish>());
        bench.Exits("db-1", 0);

        Assert.Equal([1L], Assert.Single(bench.Actions.OfType<MachineAction.Finish>()).Requests);
        int count = bench.Actions.Count;
        bench.Connect("web-1");
        bench.Pass(100_000);
        Assert.Equal(count, bench.Actions.Count);
    }

    [Fact]
    public void Down_in_the_middle_of_a_start_ends_what_is_there()
    {
        var bench = new Bench(Needs(Machine("web"), "db"), Machine("db"));
        long start = bench.Start("web-1");

        bench.Down();
        Assert.Contains("Down", bench.AnswerTo(start), StringComparison.Ordinal);
        bench.AssertState("db-1", MachineState.Stopping);
        bench.BoxDies("db-1");

        Assert.True(bench.Application.Gone);
    }

    [Fact]
    public void An_update_leaves_the_unchanged_running_and_renews_the_changed()
    {
        var bench = new Bench(Machine("web"), Machine("db"));
        foreach (string machine in new[] { "web-1", "db-1" })
        {
            bench.Connect(machine);
            bench.Runs(machine);
        }

        long update = bench.Update(Machine("web") with { Revision = "r2" }, Machine("db"), Machine("new", null));
        bench.AssertState("web-1", MachineState.Stopping);
        bench.AssertState("db-1", MachineState.Running);
        bench.AssertState("new-1", MachineState.Starting);
        Assert.Null(bench.AnswerTo(update));
        bench.Exits("web-1", 0);

        Assert.Equal("", bench.AnswerTo(update));
        bench.AssertState("web-1", MachineState.Imaginary);
        Assert.Equal("r2", bench["web-1"].Launch.Revision);
        Assert.Contains(new MachineAction.RenewMachine("web-1"), bench.Actions);
    }

    [Fact]
    public void Up_begins_again_with_what_was_stopped_or_has_failed_and_an_update_alone_does_not()
    {
        var worker = Needs(Machine("worker", null), "db");
        var bench = new Bench(Machine("web"), Machine("db"), worker, Machine("job", null));
        bench.Stop("web-1");
        bench.Runs("job-1");
        bench.Exits("job-1", 0);
        bench.Feed(new MachineInput.StartFailed("db-1", bench["db-1"].Box!.Value, 127, "no such program", BoxIsGone: true));
        bench.AssertState("worker-1", MachineState.Failed);

        bench.Update(Machine("web"), Machine("db"), worker, Machine("job", null));
        bench.AssertState("web-1", MachineState.Stopped);
        bench.AssertState("db-1", MachineState.Failed);
        bench.AssertState("worker-1", MachineState.Failed);

        bench.Up(Machine("web"), Machine("db"), worker, Machine("job", null));
        bench.AssertState("web-1", MachineState.Imaginary);
        bench.AssertState("db-1", MachineState.Starting);
        bench.AssertState("worker-1", MachineState.Waiting);
        bench.AssertState("job-1", MachineState.Completed);
        Assert.True(bench["web-1"].HoldsPlaceholders);
    }

    [Fact]
    public void An_update_that_down_overtakes_is_told_so()
    {
        var bench = Running("web");
        long update = bench.Update(Machine("web") with { Revision = "r2" });
        bench.Down();

        Assert.Equal("the application is going down", bench.AnswerTo(update));
    }

    [Fact]
    public void An_update_removes_what_it_no_longer_names_and_takes_it_back_if_a_later_one_does()
    {
        var bench = Running("web");
        bench.Update(Machine("db"));
        bench.AssertState("web-1", MachineState.Stopping);
        bench.Update(Machine("db"), Machine("web"));
        bench.Exits("web-1", 0);
        bench.AssertState("web-1", MachineState.Imaginary);

        bench.Update(Machine("db"));

        Assert.Equal(["db-1"], bench.Application.Machines.Keys);
    }

    [Fact]
    public void A_new_keeper_goes_on_where_the_old_one_was()
    {
        static MachineEvent Event(string machine, MachineState to) => new()
        {
            Sequence = 1,
            At = DateTimeOffset.UnixEpoch,
            Machine = machine,
            From = MachineState.Imaginary,
            To = to,
            Cause = new Signal { Kind = SignalKind.User },
        };
        var bench = new Bench(new MachineInput.Begin(
            [Machine("alive"), Machine("lost"), Machine("stopped"), Machine("job", null), Machine("changed")],
            [Event("alive-1", MachineState.Running), Event("lost-1", MachineState.Running), Event("stopped-1", MachineState.Stopped), Event("job-1", MachineState.Completed) with { ExitCode = 0 }],
            [new Adoption("alive-1", 1, "r1", true, true, HealthState.None, IsFrozen: false), new Adoption("changed-1", 2, "r0", true, true, HealthState.None, IsFrozen: false)]));

        bench.AssertState("alive-1", MachineState.Running);
        bench.AssertState("lost-1", MachineState.Imaginary);
        Assert.Equal(SignalKind.BoxLost, bench["lost-1"].Cause!.Kind);
        bench.AssertState("stopped-1", MachineState.Stopped);
        bench.AssertState("job-1", MachineState.Completed);
        bench.AssertState("changed-1", MachineState.Stopping);
        Assert.Empty(bench.States("alive-1"));
        bench.Connect("lost-1");
        Assert.Equal(3, bench["lost-1"].Box);
    }

    /// <summary>Its states go on where the ledger ends: there was no moment in which it ran again.</summary>
    [Fact]
    public void A_machine_that_was_being_stopped_when_its_keeper_died_is_stopped_by_the_next_one()
    {
        var last = new MachineEvent { Sequence = 1, At = DateTimeOffset.UnixEpoch, Machine = "web-1", From = MachineState.Running, To = MachineState.Stopping, Cause = new Signal { Kind = SignalKind.User } };

        var bench = new Bench(new MachineInput.Begin([Machine("web")], [last], [new Adoption("web-1", 1, "r1", true, true, HealthState.None, IsFrozen: false)]));

        bench.AssertState("web-1", MachineState.Stopping);
        Assert.Empty(bench.States("web-1"));
        Assert.Single(bench.Actions.OfType<MachineAction.StopProgram>());
        bench.Exits("web-1", 0);
        Assert.Equal([MachineState.Stopped], bench.States("web-1"));
    }

    private static Bench Running(string service)
    {
        var bench = new Bench(Machine(service));
        bench.Connect(service + "-1");
        bench.Runs(service + "-1");
        bench.Pass(60_000);
        return bench;
    }
}
