using Figment.Machines.Actions;
using Figment.Machines.Decisions;
using Figment.Machines.Inputs;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using static Figment.Machines.Tests.Bench;

namespace Figment.Machines.Tests;

/// <summary>From one node to another.</summary>
public sealed class MoveTests
{
    [Fact]
    public void A_machine_that_leaves_is_elsewhere_and_nothing_starts_it()
    {
        var bench = new Bench(Eager(Machine("web")) with { Restart = new RestartSpec { Policy = RestartPolicy.Always } });
        bench.Runs("web-1");
        bench.Feed(new MachineInput.Placed("web-1", "b"));
        bench.AssertState("web-1", MachineState.Running);
        bench.Feed(new MachineInput.DepartedSaid("web-1", 1));
        bench.AssertState("web-1", MachineState.Elsewhere);
        Assert.Equal(SignalKind.Move, bench["web-1"].Cause!.Kind);
        long gone = bench.Ask(request => new MachineInput.DismissAsked(request, "web-1", Keep: false));
        Assert.Null(bench.AnswerTo(gone));
        bench.Feed(new MachineInput.BoxGone("web-1", 1));
        Assert.Equal("", bench.AnswerTo(gone));
        Assert.Single(bench.Last.OfType<MachineAction.LeaveMachine>());

        bench.Connect("web-1");
        bench.Pass(Limits.CoolDownMs);
        Assert.Contains("web-1 is at node b", bench.AnswerTo(bench.Start("web-1")), StringComparison.Ordinal);
        Assert.Contains("web-1 is at node b", bench.AnswerTo(bench.Stop("web-1")), StringComparison.Ordinal);
        Assert.Equal(1, bench.Count<MachineAction.SpawnBox>("web-1"));
    }

    [Fact]
    public void A_box_that_is_lost_before_the_verdict_starts_nothing_until_the_machine_is_here_again()
    {
        var bench = new Bench(Eager(Machine("web")) with { Restart = new RestartSpec { Policy = RestartPolicy.Always } });
        bench.Runs("web-1");
        bench.Feed(new MachineInput.Placed("web-1", "b"));
        bench.BoxDies("web-1");
        bench.Pass(Limits.CoolDownMs);
        Assert.Equal(1, bench.Count<MachineAction.SpawnBox>("web-1"));

        bench.Feed(new MachineInput.Placed("web-1", null));
        Assert.Equal(2, bench.Count<MachineAction.SpawnBox>("web-1"));
    }

    [Theory]
    [InlineData(true, RestartPolicy.Always)]
    [InlineData(true, RestartPolicy.No)]
    [InlineData(false, RestartPolicy.Always)]
    [InlineData(false, RestartPolicy.No)]
    public void A_box_that_is_lost_after_the_verdict_leaves_the_machine_at_the_other_node(bool isDismissedFirst, RestartPolicy policy)
    {
        var bench = new Bench(Eager(Machine("web")) with { Restart = new RestartSpec { Policy = policy } });
        bench.Runs("web-1");
        bench.Feed(new MachineInput.Placed("web-1", "b"));
        long gone = 0;
        if (isDismissedFirst)
        {
            gone = bench.Ask(request => new MachineInput.DismissAsked(request, "web-1", Keep: false));
        }

        bench.BoxDies("web-1");
        if (!isDismissedFirst)
        {
            gone = bench.Ask(request => new MachineInput.DismissAsked(request, "web-1", Keep: false));
        }

        Assert.Equal("", bench.AnswerTo(gone));
        Assert.Single(bench.Last.OfType<MachineAction.LeaveMachine>());
        bench.AssertState("web-1", MachineState.Elsewhere);
        bench.Connect("web-1");
        bench.Pass(Limits.CoolDownMs);
        Assert.Equal(1, bench.Count<MachineAction.SpawnBox>("web-1"));
    }

    [Fact]
    public void A_machine_that_arrives_is_held_until_it_is_admitted()
    {
        var bench = new Bench(Machine("web") with { Node = "a" });
        bench.AssertState("web-1", MachineState.Elsewhere);
        long arrival = bench.Ask(request => new MachineInput.ArriveAsked(request, "web-1"));
        Assert.True(Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>()).Arrives);
        bench.AssertState("web-1", MachineState.Elsewhere);
        Assert.Null(bench.AnswerTo(arrival));
        bench.Feed(new MachineInput.HeldSaid("web-1", 1));
        Assert.Equal("", bench.AnswerTo(arrival));
        Assert.Empty(bench.Actions.OfType<MachineAction.ReleaseBox>());
        Assert.Contains("is arriving already", bench.AnswerTo(bench.Ask(request => new MachineInput.ArriveAsked(request, "web-1"))), StringComparison.Ordinal);

        long admission = bench.Ask(request => new MachineInput.AdmitAsked(request, "web-1"));
        Assert.True(Assert.Single(bench.Last.OfType<MachineAction.ReleaseBox>()).Runs);
        Assert.Null(bench.AnswerTo(admission));
        bench.Started("web-1");
        Assert.Equal("", bench.AnswerTo(admission));
        bench.AssertState("web-1", MachineState.Running);
        Assert.Single(bench.Last.OfType<MachineAction.DropStored>());
        Assert.Equal([MachineState.Starting, MachineState.Running], bench.States("web-1"));

        // Said again, for the answer was lost.
        Assert.Equal("", bench.AnswerTo(bench.Ask(request => new MachineInput.AdmitAsked(request, "web-1"))));
        Assert.Equal(1, bench.Count<MachineAction.SpawnBox>("web-1"));
    }

    [Fact]
    public void Without_its_box_it_is_brought_up_from_storage_when_it_is_admitted()
    {
        var bench = Held();
        bench.BoxDies("web-1");
        bench.AssertState("web-1", MachineState.Elsewhere);
        Assert.True(bench["web-1"].IsStored);
        bench.Connect("web-1");
        Assert.Equal(1, bench.Count<MachineAction.SpawnBox>("web-1"));

        long admission = bench.Ask(request => new MachineInput.AdmitAsked(request, "web-1"));
        Assert.True(Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>()).Arrives);
        bench.Feed(new MachineInput.HeldSaid("web-1", 2));
        Assert.True(Assert.Single(bench.Last.OfType<MachineAction.ReleaseBox>()).Runs);
        bench.Started("web-1");
        Assert.Equal("", bench.AnswerTo(admission));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_is_dismissed_ends_and_what_came_is_kept_or_not(bool keep)
    {
        var bench = Held();
        long dismissal = bench.Ask(request => new MachineInput.DismissAsked(request, "web-1", keep));
        Assert.False(Assert.Single(bench.Last.OfType<MachineAction.ReleaseBox>()).Runs);
        Assert.Null(bench.AnswerTo(dismissal));
        bench.BoxDies("web-1");
        Assert.Equal("", bench.AnswerTo(dismissal));
        bench.AssertState("web-1", MachineState.Elsewhere);
        Assert.Equal(keep, bench["web-1"].IsStored);
        Assert.Equal(keep ? 0 : 1, bench.Count<MachineAction.LeaveMachine>("web-1"));
        Assert.Equal(keep ? 0 : 1, bench.Count<MachineAction.DropStored>("web-1"));
    }

    [Fact]
    public void One_that_cannot_be_restored_says_why_and_stays_where_it_is()
    {
        var bench = new Bench(Machine("web") with { Node = "a" });
        long arrival = bench.Ask(request => new MachineInput.ArriveAsked(request, "web-1"));
        bench.Feed(new MachineInput.StartFailed("web-1", 1, 125, "the images are damaged", BoxIsGone: false, IsStored: true));
        Assert.Equal("the images are damaged", bench.AnswerTo(arrival));
        bench.BoxDies("web-1");
        bench.AssertState("web-1", MachineState.Elsewhere);
        Assert.Empty(bench.States("web-1"));
    }

    [Fact]
    public void One_that_breaks_off_after_it_has_gone_on_has_ended_and_the_next_client_starts_it()
    {
        var bench = new Bench(Machine("web") with { Node = "a" });
        bench.Ask(request => new MachineInput.ArriveAsked(request, "web-1"));
        bench.Feed(new MachineInput.HeldSaid("web-1", 1));
        bench.Ask(request => new MachineInput.AdmitAsked(request, "web-1"));
        bench.Feed(new MachineInput.StartFailed("web-1", 1, 125, "criu ended without an answer", BoxIsGone: false, IsStored: false));
        bench.Feed(new MachineInput.BoxGone("web-1", 1));
        bench.AssertState("web-1", MachineState.Imaginary);
        bench.Connect("web-1");
        bench.Pass(Limits.BackoffMs(1));
        Assert.False(Assert.Single(bench.Actions.OfType<MachineAction.SpawnBox>().Skip(1)).Arrives);
    }

    /// <summary>Memory that it still lacked is nowhere any more: it has ended as by a loss of power, and its move is over.</summary>
    [Fact]
    public void One_that_was_admitted_and_of_which_nothing_is_left_has_ended_and_the_next_client_starts_it()
    {
        var bench = Held();
        bench.Feed(new MachineInput.BoxGone("web-1", 1, IsStored: true));
        bench.Ask(request => new MachineInput.AdmitAsked(request, "web-1"));
        Assert.True(Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>()).Arrives);
        bench.Feed(new MachineInput.StartFailed("web-1", 2, 125, "the box that had its memory has ended", BoxIsGone: false, IsStored: false));
        bench.Feed(new MachineInput.BoxGone("web-1", 2));
        bench.AssertState("web-1", MachineState.Imaginary);
        Assert.Equal("", bench.AnswerTo(bench.Ask(request => new MachineInput.AdmitAsked(request, "web-1"))));
        bench.Connect("web-1");
        bench.Pass(Limits.BackoffMs(1));
        Assert.False(Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>()).Arrives);
    }

    [Fact]
    public void Who_admits_one_that_has_run_here_and_was_stopped_is_answered()
    {
        var bench = new Bench(Eager(Machine("web")));
        bench.Runs("web-1");
        bench.Stop("web-1");
        bench.Feed(new MachineInput.ProgramExited("web-1", 1, 0, null, false, []));
        bench.Feed(new MachineInput.BoxGone("web-1", 1));
        bench.AssertState("web-1", MachineState.Stopped);
        Assert.Equal("", bench.AnswerTo(bench.Ask(request => new MachineInput.AdmitAsked(request, "web-1"))));
        bench.AssertState("web-1", MachineState.Stopped);
    }

    [Fact]
    public void One_that_is_admitted_while_its_box_is_ending_is_brought_up_by_the_next()
    {
        var bench = Held();
        long dismissal = bench.Ask(request => new MachineInput.DismissAsked(request, "web-1", Keep: true));
        bench.Feed(new MachineInput.StartFailed("web-1", 1, 125, "it is not to run", BoxIsGone: false, IsStored: true));
        Assert.Contains("ask again", bench.AnswerTo(bench.Ask(request => new MachineInput.AdmitAsked(request, "web-1"))), StringComparison.Ordinal);
        bench.Feed(new MachineInput.BoxGone("web-1", 1, IsStored: true));
        Assert.Equal("", bench.AnswerTo(dismissal));
        long admission = bench.Ask(request => new MachineInput.AdmitAsked(request, "web-1"));
        Assert.True(Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>()).Arrives);
        bench.Feed(new MachineInput.HeldSaid("web-1", 2));
        bench.Started("web-1");
        Assert.Equal("", bench.AnswerTo(admission));
        bench.AssertState("web-1", MachineState.Running);
    }

    [Fact]
    public void Who_depends_on_a_machine_at_another_node_takes_it_for_ready()
    {
        var bench = new Bench(Machine("db") with { Node = "b" }, Needs(Machine("web"), "db"));
        bench.Connect("web-1");
        bench.AssertState("web-1", MachineState.Starting);
        bench.AssertState("db-1", MachineState.Elsewhere);
    }

    [Fact]
    public void A_keeper_that_begins_leaves_what_came_and_is_not_decided_as_it_is()
    {
        var bench = new Bench(new MachineInput.Begin([Machine("web") with { Node = "a" }], [], [], new Dictionary<string, long?> { ["web-1"] = 0 }));
        bench.AssertState("web-1", MachineState.Elsewhere);
        bench.Pass(60_000);
        Assert.Empty(bench.Actions.OfType<MachineAction.SpawnBox>());
        long down = bench.Down();
        Assert.Equal("", bench.AnswerTo(down));
        Assert.Empty(bench.Actions.OfType<MachineAction.SpawnBox>());
    }

    [Fact]
    public void A_keeper_that_begins_does_not_take_for_running_what_has_left_while_there_was_none()
    {
        var last = new MachineEvent { Sequence = 1, At = DateTimeOffset.UnixEpoch, Machine = "web-1", From = MachineState.Starting, To = MachineState.Running, Cause = new Signal { Kind = SignalKind.User } };
        var bench = new Bench(new MachineInput.Begin([Machine("web") with { Node = "b" }], [last], [], new Dictionary<string, long?>()));
        bench.AssertState("web-1", MachineState.Elsewhere);
        Assert.Equal("", bench.AnswerTo(bench.Ask(request => new MachineInput.DismissAsked(request, "web-1", Keep: false))));
        Assert.Single(bench.Last.OfType<MachineAction.LeaveMachine>());

        bench.Feed(new MachineInput.Placed("web-1", null));
        bench.AssertState("web-1", MachineState.Imaginary);
    }

    private static Bench Held()
    {
        var bench = new Bench(Machine("web") with { Node = "a" });
        bench.Ask(request => new MachineInput.ArriveAsked(request, "web-1"));
        bench.Feed(new MachineInput.HeldSaid("web-1", 1));
        return bench;
    }
}
