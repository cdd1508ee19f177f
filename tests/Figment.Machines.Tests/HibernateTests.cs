using Figment.Machines.Actions;
using Figment.Machines.Decisions;
using Figment.Machines.Inputs;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using static Figment.Machines.Tests.Bench;

namespace Figment.Machines.Tests;

/// <summary>From frozen to storage and back.</summary>
public sealed class HibernateTests
{
    private const long AfterMs = 60_000;

    private static readonly IdleSpec Idle = new() { HibernateAfterMs = AfterMs };

    [Fact]
    public void Frozen_for_long_enough_it_goes_to_storage_and_comes_back_for_a_client()
    {
        var bench = Frozen(Web());
        bench.Pass(AfterMs - 1);
        Assert.Empty(bench.Actions.OfType<MachineAction.StoreBox>());
        bench.Pass(1);
        Assert.Equal(1, Assert.Single(bench.Actions.OfType<MachineAction.StoreBox>()).Box);

        bench.Feed(new MachineInput.StoredSaid("web-1", 1, 42));
        bench.AssertState("web-1", MachineState.Hibernated);
        Assert.Equal("frozen for 60 s; put on storage in 42 ms", bench["web-1"].Cause!.Detail);
        Assert.Single(bench.Last.OfType<MachineAction.HoldPlaceholders>());
        bench.Feed(new MachineInput.BoxGone("web-1", 1, IsStored: true));
        bench.AssertState("web-1", MachineState.Hibernated);

        bench.Connect("web-1");
        Assert.Equal(2, Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>()).Box);
        Assert.True(bench["web-1"].IsStored);

        // Its sockets are there before it is.
        bench.Listens("web-1");
        bench.AssertState("web-1", MachineState.Starting);
        bench.Started("web-1");
        bench.AssertState("web-1", MachineState.Running);
        Assert.Single(bench.Last.OfType<MachineAction.DropStored>());
        Assert.Equal(SignalKind.Connection, bench["web-1"].Cause!.Kind);
        Assert.Equal([MachineState.Hibernated, MachineState.Waiting, MachineState.Starting, MachineState.Running], bench.States("web-1")[^4..]);
    }

    [Fact]
    public void A_policy_without_it_leaves_machines_frozen()
    {
        var bench = Frozen(Web() with { Idle = new IdleSpec() });
        bench.Pass(10 * AfterMs);
        Assert.Empty(bench.Actions.OfType<MachineAction.StoreBox>());
    }

    [Fact]
    public void Who_comes_before_its_box_has_ended_waits_for_that()
    {
        var bench = Stored(Web(), boxIsGone: false);
        bench.Connect("web-1");
        bench.AssertState("web-1", MachineState.Waiting);
        Assert.Empty(bench.Last.OfType<MachineAction.SpawnBox>());

        bench.Feed(new MachineInput.BoxGone("web-1", 1, IsStored: true));
        Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>());
    }

    [Fact]
    public void Who_asked_for_it_meanwhile_gets_it_back_at_once()
    {
        var bench = Frozen(Web());
        bench.Pass(AfterMs);
        long request = bench.Start("web-1");
        bench.Feed(new MachineInput.StoredSaid("web-1", 1, 42));
        bench.Feed(new MachineInput.BoxGone("web-1", 1, IsStored: true));
        Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>());
        bench.Started("web-1");
        Assert.Equal("", bench.AnswerTo(request));
    }

    [Fact]
    public void It_goes_on_by_itself_when_what_it_waits_for_ends()
    {
        var bench = Frozen(Web(), endsInMs: AfterMs + 100_000);
        bench.Pass(AfterMs);
        bench.Feed(new MachineInput.StoredSaid("web-1", 1, 42));
        bench.Feed(new MachineInput.BoxGone("web-1", 1, IsStored: true));
        bench.Pass(99_999);
        bench.AssertState("web-1", MachineState.Hibernated);
        bench.Pass(1);
        bench.AssertState("web-1", MachineState.Starting);
        Assert.Equal(SignalKind.Timer, bench["web-1"].Cause!.Kind);
    }

    [Fact]
    public void Where_that_is_soon_it_stays_in_memory()
    {
        var bench = Frozen(Web(), endsInMs: AfterMs + Limits.HibernateWorthMs - 1);
        bench.Pass(AfterMs);
        Assert.Empty(bench.Actions.OfType<MachineAction.StoreBox>());
        Assert.StartsWith("it goes on by itself in ", bench["web-1"].NotStored, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_put_there_stays_frozen_says_why_and_is_tried_again_ever_more_seldom()
    {
        var bench = Frozen(Web());
        long at = bench.NowMs + AfterMs;
        List<long> pauses = [];
        for (int attempt = 1; attempt <= 8; attempt++)
        {
            while (!bench["web-1"].IsStoring)
            {
                bench.Pass(1_000);
            }

            pauses.Add((bench.NowMs - at) / 1_000);
            at = bench.NowMs;
            bench.Feed(new MachineInput.NotStoredSaid("web-1", 1, "it has a terminal"));
            bench.AssertState("web-1", MachineState.Frozen);
            Assert.Equal("it has a terminal", bench["web-1"].NotStored);
        }

        Assert.Equal([0, 60, 120, 240, 480, 960, 1_920, 3_600], pauses);
    }

    [Fact]
    public void To_stop_it_it_comes_back_and_ends_as_it_asks_for()
    {
        var bench = Stored(Web());
        long request = bench.Stop("web-1");
        Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>());
        Assert.Single(bench.Last.OfType<MachineAction.StopProgram>());
        bench.AssertState("web-1", MachineState.Stopping);
        bench.Started("web-1");
        Assert.Null(bench.AnswerTo(request));
        bench.Exits("web-1", 0);
        bench.AssertState("web-1", MachineState.Stopped);
        Assert.Equal("", bench.AnswerTo(request));
        Assert.Equal(1, bench.Count<MachineAction.DropStored>("web-1"));
    }

    [Fact]
    public void To_kill_it_what_is_on_storage_is_dropped()
    {
        var bench = Stored(Web());
        Assert.Contains("stop it first", bench.AnswerTo(bench.Ask(request => new MachineInput.RemoveAsked(request, "web-1", Force: false))), StringComparison.Ordinal);
        bench.Ask(request => new MachineInput.RemoveAsked(request, "web-1", Force: true));
        bench.AssertState("web-1", MachineState.Imaginary);
        Assert.Single(bench.Last.OfType<MachineAction.DropStored>());
        Assert.Empty(bench.Last.OfType<MachineAction.SpawnBox>());
    }

    [Fact]
    public void Restarted_updated_or_taken_down_it_ends_first()
    {
        foreach (var ask in new Func<Bench, long>[] { bench => bench.Restart("web-1"), bench => bench.Update(Web() with { Revision = "r2" }), bench => bench.Update(), bench => bench.Down() })
        {
            var bench = Stored(Web());
            long request = ask(bench);
            bench.AssertState("web-1", MachineState.Stopping);
            bench.Started("web-1");
            bench.Exits("web-1", 0);
            if (bench.Application.Machines.TryGetValue("web-1", out var machine) && machine.State == MachineState.Starting)
            {
                Assert.False(machine.IsStored);
                bench.Runs("web-1");
            }

            Assert.Equal("", bench.AnswerTo(request));
        }
    }

    [Fact]
    public void What_does_not_come_back_has_failed_stays_there_and_may_be_tried_again()
    {
        var bench = Stored(Web());
        bench.Connect("web-1");
        bench.Feed(new MachineInput.StartFailed("web-1", 2, 125, "core-1.img is missing", BoxIsGone: false, IsStored: true));
        bench.Feed(new MachineInput.BoxGone("web-1", 2, IsStored: true));
        bench.AssertState("web-1", MachineState.Failed);
        Assert.Equal("it did not come back from storage, where it still is: core-1.img is missing; figment start web-1 tries again, figment rm web-1 discards it", bench["web-1"].Cause!.Detail);
        Assert.True(bench["web-1"].IsStored);
        Assert.Empty(bench.Actions.OfType<MachineAction.DropStored>());

        long request = bench.Stop("web-1");
        bench.Feed(new MachineInput.StartFailed("web-1", 3, 125, "core-1.img is missing", BoxIsGone: true, IsStored: true));
        Assert.Contains("could not be ended", bench.AnswerTo(request), StringComparison.Ordinal);
        bench.AssertState("web-1", MachineState.Failed);

        bench.Start("web-1", wait: false);
        bench.Started("web-1");
        bench.AssertState("web-1", MachineState.Running);
    }

    /// <summary>Killed, for want of memory or by an operator: its snapshot is as good as before. Who waits for it goes on waiting.</summary>
    [Fact]
    public void A_box_that_dies_before_anything_has_run_is_followed_by_another()
    {
        var bench = Stored(Web());
        long request = bench.Start("web-1");
        for (int time = 1; time < Limits.FastDeathsMax; time++)
        {
            long box = bench["web-1"].Box!.Value;
            bench.Feed(new MachineInput.BoxGone("web-1", box, IsStored: true));
            bench.Pass(Limits.BackoffMs(time));
            bench.AssertState("web-1", MachineState.Starting);
            Assert.True(bench["web-1"].IsStored);
            Assert.True(bench["web-1"].Box > box);
            Assert.Null(bench.AnswerTo(request));
        }

        Assert.Empty(bench.Actions.OfType<MachineAction.DropStored>());
        bench.Started("web-1");
        Assert.Equal("", bench.AnswerTo(request));
        bench.AssertState("web-1", MachineState.Running);
    }

    [Fact]
    public void Boxes_that_die_again_and_again_are_a_failure()
    {
        var bench = Stored(Web());
        long request = bench.Start("web-1");
        for (int time = 1; time <= Limits.FastDeathsMax; time++)
        {
            bench.Feed(new MachineInput.BoxGone("web-1", bench["web-1"].Box!.Value, IsStored: true));
            bench.Pass(Limits.BackoffMs(time));
        }

        bench.AssertState("web-1", MachineState.Failed);
        Assert.Contains("where it still is: the box ended without a word", bench.AnswerTo(request), StringComparison.Ordinal);
        Assert.True(bench["web-1"].IsStored);
    }

    [Fact]
    public void What_ended_while_it_came_back_is_not_brought_back_twice()
    {
        var bench = Stored(Web());
        bench.Connect("web-1");

        // Its box has marked the snapshot as used before anything ran.
        bench.Feed(new MachineInput.BoxGone("web-1", 2, IsStored: false));

        bench.AssertState("web-1", MachineState.Imaginary);
        Assert.Single(bench.Last.OfType<MachineAction.DropStored>());
    }

    [Fact]
    public void A_box_that_dies_while_it_puts_its_machine_there_may_have_done_it()
    {
        var bench = Frozen(Web());
        bench.Pass(AfterMs);
        bench.Feed(new MachineInput.BoxGone("web-1", 1, IsStored: true));
        bench.AssertState("web-1", MachineState.Hibernated);

        bench = Frozen(Web());
        bench.Pass(AfterMs);
        bench.Feed(new MachineInput.BoxGone("web-1", 1, IsStored: false));
        bench.AssertState("web-1", MachineState.Imaginary);
    }

    [Theory]
    [InlineData(MachineState.Hibernated)]
    [InlineData(MachineState.Frozen)]
    [InlineData(MachineState.Starting)]
    public void A_new_keeper_finds_what_is_on_storage(MachineState last)
    {
        var remembered = new MachineEvent { Sequence = 1, At = DateTimeOffset.UnixEpoch, Machine = "web-1", From = MachineState.Running, To = last, Cause = new Signal { Kind = SignalKind.Idle } };
        var bench = new Bench(new MachineInput.Begin([Web()], [remembered], [], new Dictionary<string, long?> { ["web-1"] = 5_000 }));
        bench.AssertState("web-1", MachineState.Hibernated);
        Assert.Single(bench.Last.OfType<MachineAction.HoldPlaceholders>());
        bench.Pass(5_000);
        bench.AssertState("web-1", MachineState.Starting);
        Assert.True(bench["web-1"].IsStored);

        bench = new Bench(new MachineInput.Begin([Web()], [remembered], []));
        bench.AssertState("web-1", MachineState.Imaginary);
    }

    [Fact]
    public void Machines_that_beat_together_come_back_together()
    {
        var beat = Idle with { IgnoreHeartbeat = true };
        MachineLaunch[] machines = [Web() with { Idle = beat, Interfaces = [At("10.0.0.1")] }, Machine("db") with { Idle = beat, Interfaces = [At("10.0.0.2")] }];
        var bench = new Bench(machines);
        foreach (string name in new[] { "web-1", "db-1" })
        {
            bench.Connect(name);
            bench.Runs(name);
        }

        Quiet(bench, "web-1", "10.0.0.2");
        Quiet(bench, "db-1", "10.0.0.1");
        bench.Feed(new MachineInput.FrozenSaid("web-1", 1, 1, null));
        bench.Feed(new MachineInput.FrozenSaid("db-1", 2, 1, null));
        bench.Pass(AfterMs);
        bench.Feed(new MachineInput.StoredSaid("web-1", 1, 42));
        bench.Feed(new MachineInput.BoxGone("web-1", 1, IsStored: true));

        // The one that is still in memory is thawed by somebody else.
        bench.Feed(new MachineInput.NotStoredSaid("db-1", 2, "busy"));
        bench.Feed(new MachineInput.ThawedSaid("db-1", 2, new Signal { Kind = SignalKind.Data }));
        bench.AssertState("web-1", MachineState.Starting);
        Assert.Equal((SignalKind.Peer, "db-1"), (bench["web-1"].Cause!.Kind, bench["web-1"].Cause!.FromMachine));
    }

    [Fact]
    public void Who_depends_on_it_finds_it_ready()
    {
        var bench = Stored(Web(), true, Needs(Machine("app"), "web"));
        bench.Connect("app-1");
        bench.AssertState("app-1", MachineState.Starting);
        bench.AssertState("web-1", MachineState.Hibernated);
    }

    private static MachineLaunch Web() => Machine("web") with { Idle = Idle };

    private static InterfaceLaunch At(string address) => new() { Network = "default", Address = address };

    private static void Quiet(Bench bench, string machine, params string[] peers) =>
        bench.Feed(new MachineInput.QuietSaid(machine, bench[machine].Box!.Value, new QuietReport(10_000, 1_500, 0, peers)));

    [Fact]
    public void Who_has_a_snapshot_made_and_does_not_let_it_run_finds_it_stopped()
    {
        var bench = new Bench(Web());
        bench.Connect("web-1");
        bench.Runs("web-1");
        bench.Feed(new MachineInput.CheckpointedSaid("web-1", 1));
        Assert.Equal(MachineState.Stopped, bench["web-1"].State);
        Assert.Equal("checkpoint", bench["web-1"].Cause!.Detail);
        bench.Feed(new MachineInput.BoxGone("web-1", 1));
        Assert.Equal(MachineState.Stopped, bench["web-1"].State);
    }

    [Fact]
    public void A_stopped_machine_goes_on_from_a_snapshot_and_its_past_is_dropped_once_it_runs()
    {
        var bench = new Bench(Web());
        bench.Connect("web-1");
        bench.Runs("web-1");
        bench.Feed(new MachineInput.CheckpointedSaid("web-1", 1));
        bench.Feed(new MachineInput.BoxGone("web-1", 1));
        long request = bench.Ask(number => new MachineInput.RestoreAsked(number, "web-1"));
        Assert.Equal((MachineState.Starting, true), (bench["web-1"].State, bench["web-1"].IsStored));
        Assert.Null(bench.AnswerTo(request));
        bench.Feed(new MachineInput.BoxStarted("web-1", 2));
        Assert.Equal((MachineState.Running, false), (bench["web-1"].State, bench["web-1"].IsStored));
        Assert.Single(bench.Last.OfType<MachineAction.DropStored>());
        Assert.Equal("", bench.AnswerTo(request));
    }

    [Fact]
    public void A_machine_that_runs_does_not_go_on_from_a_snapshot()
    {
        var bench = new Bench(Web());
        bench.Connect("web-1");
        bench.Runs("web-1");
        long request = bench.Ask(number => new MachineInput.RestoreAsked(number, "web-1"));
        Assert.Contains("figment stop web-1", bench.AnswerTo(request), StringComparison.Ordinal);
        Assert.False(bench["web-1"].IsStored);
    }

    private static Bench Frozen(MachineLaunch machine, long? endsInMs = null, params MachineLaunch[] others)
    {
        var bench = new Bench([machine, .. others]);
        bench.Connect(machine.Name);
        bench.Runs(machine.Name);
        Quiet(bench, machine.Name);
        bench.Feed(new MachineInput.FrozenSaid(machine.Name, 1, 1, endsInMs));
        bench.AssertState(machine.Name, MachineState.Frozen);
        return bench;
    }

    private static Bench Stored(MachineLaunch machine, bool boxIsGone = true, params MachineLaunch[] others)
    {
        var bench = Frozen(machine, null, others);
        bench.Pass(AfterMs);
        bench.Feed(new MachineInput.StoredSaid(machine.Name, 1, 42));
        if (boxIsGone)
        {
            bench.Feed(new MachineInput.BoxGone(machine.Name, 1, IsStored: true));
        }

        return bench;
    }
}
