using Figment.Machines.Actions;
using Figment.Machines.Inputs;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using static Figment.Machines.Tests.Bench;

namespace Figment.Machines.Tests;

/// <summary>Machines that begin from a snapshot of their kind.</summary>
public sealed class WarmTests
{
    private static readonly HashSet<string> There = ["web-k1"];

    [Fact]
    public void Of_the_first_that_comes_to_rest_one_is_taken_before_it_is_frozen()
    {
        var bench = new Bench(Web(1), Web(2));
        foreach (string name in new[] { "web-1", "web-2" })
        {
            bench.Connect(name);
            bench.Runs(name);
        }

        Quiet(bench, "web-1");
        Assert.Equal(new MachineAction.TakeSnapshot("web-1", 1), Assert.Single(bench.Actions.OfType<MachineAction.TakeSnapshot>()));
        Assert.Empty(bench.Actions.OfType<MachineAction.FreezeBox>());

        // One is enough.
        Quiet(bench, "web-2");
        Assert.Single(bench.Actions.OfType<MachineAction.TakeSnapshot>());
        Assert.Equal("web-2", Assert.Single(bench.Actions.OfType<MachineAction.FreezeBox>()).Machine);

        bench.Feed(new MachineInput.SnapshotTaken("web-1", 1, 12));
        Assert.Equal("web-1", Assert.Single(bench.Last.OfType<MachineAction.FreezeBox>()).Machine);
        Assert.True(bench.Application.Kinds["web-k1"].IsThere);
    }

    [Fact]
    public void Whoever_starts_later_begins_from_it_and_runs_when_it_has_begun()
    {
        var bench = new Bench(new MachineInput.Begin([Web(1), Web(2), Machine("db")], [], []) { Kinds = There });
        bench.Connect("web-2");
        Assert.True(Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>()).IsClone);

        // Its sockets are there before it is.
        bench.Listens("web-2");
        bench.AssertState("web-2", MachineState.Starting);
        bench.Started("web-2");
        bench.AssertState("web-2", MachineState.Running);
        Assert.Equal([false, true, true], bench.Actions.OfType<MachineAction.Record>().Select(record => record.FromSnapshot));

        bench.Connect("db-1");
        Assert.False(Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>()).IsClone);

        // Again and again, the first one too.
        bench.Stop("web-2");
        bench.Exits("web-2", 0);
        bench.Start("web-2", wait: false);
        Assert.True(Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>()).IsClone);
        Assert.Empty(bench.Actions.OfType<MachineAction.DropSnapshot>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_that_cannot_begin_from_it_starts_from_its_program_and_nobody_who_waits_notices(bool withoutAWord)
    {
        var bench = new Bench(new MachineInput.Begin([Web(1)], [], []) { Kinds = There });
        bench.Connect("web-1");
        long request = bench.Start("web-1");
        if (!withoutAWord)
        {
            bench.Feed(new MachineInput.StartFailed("web-1", 1, 125, "core-1.img is missing", BoxIsGone: false));
            bench.AssertState("web-1", MachineState.Waiting);
            Assert.Single(bench.Last.OfType<MachineAction.HoldPlaceholders>());
            Assert.Empty(bench.Last.OfType<MachineAction.SpawnBox>());
        }

        bench.BoxDies("web-1");

        Assert.False(Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>()).IsClone);
        Assert.Equal("web-k1", Assert.Single(bench.Actions.OfType<MachineAction.DropSnapshot>()).Kind);
        Assert.Equal(SignalKind.Snapshot, Assert.Single(bench.Actions.OfType<MachineAction.Record>(), record => record is { From: MachineState.Starting, To: MachineState.Waiting }).Cause.Kind);
        Assert.Equal($"web-1 did not begin from it: {(withoutAWord ? "the box ended without a word" : "core-1.img is missing")}", bench.Application.Kinds["web-k1"].Missing);
        Assert.Null(bench.AnswerTo(request));
        bench.Runs("web-1");
        Assert.Equal("", bench.AnswerTo(request));
        Assert.Equal((SignalKind.Connection, 0), (bench["web-1"].Cause!.Kind, bench["web-1"].FastDeaths));

        // Another is taken, but not at once.
        Quiet(bench, "web-1");
        Assert.Empty(bench.Actions.OfType<MachineAction.TakeSnapshot>());
        bench.Feed(new MachineInput.FrozenSaid("web-1", 2, 1, null));
        bench.Pass(60_000);
        Assert.Single(bench.Actions.OfType<MachineAction.TakeSnapshot>());
    }

    [Fact]
    public void A_box_that_starts_the_program_instead_is_believed_and_the_ledger_says_so()
    {
        var bench = new Bench(new MachineInput.Begin([Web(1)], [], []) { Kinds = There });
        bench.Connect("web-1");
        bench.Listens("web-1");
        bench.AssertState("web-1", MachineState.Starting);
        bench.Feed(new MachineInput.NotBegun("web-1", 1, "files.img is missing"));

        Assert.Single(bench.Last.OfType<MachineAction.DropSnapshot>());
        Assert.Empty(bench.Last.OfType<MachineAction.SpawnBox>());
        Assert.Equal(
            [(MachineState.Waiting, SignalKind.Snapshot, false), (MachineState.Starting, SignalKind.Connection, false)],
            bench.Last.OfType<MachineAction.Record>().Select(record => (record.To, record.Cause.Kind, record.FromSnapshot)));
        bench.Runs("web-1");
        bench.AssertState("web-1", MachineState.Running);
        Assert.Equal((false, SignalKind.Connection), (bench["web-1"].IsClone, bench["web-1"].Cause!.Kind));
    }

    [Fact]
    public void Nothing_is_begun_twice_from_one_whose_program_ends_at_once()
    {
        var bench = new Bench(new MachineInput.Begin([Web(1), Web(2)], [], []) { Kinds = There });
        bench.Connect("web-1");
        bench.Started("web-1");
        bench.Exits("web-1", 1);

        Assert.Single(bench.Actions.OfType<MachineAction.DropSnapshot>());
        Assert.Equal("web-1 went on from it and ended soon: exit code 1", bench.Application.Kinds["web-k1"].Missing);
        bench.Connect("web-2");
        Assert.False(Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>()).IsClone);
    }

    [Fact]
    public void One_that_cannot_be_taken_is_tried_again_ever_more_seldom_and_the_machine_is_frozen_meanwhile()
    {
        var bench = new Bench(Web(1));
        bench.Connect("web-1");
        bench.Runs("web-1");
        Quiet(bench, "web-1");
        List<long> pauses = [];
        long at = bench.NowMs;
        for (int attempt = 1; attempt <= 8; attempt++)
        {
            while (!bench["web-1"].IsTaken)
            {
                bench.Pass(1_000);
            }

            pauses.Add((bench.NowMs - at) / 1_000);
            at = bench.NowMs;
            bench.Feed(new MachineInput.SnapshotNotTaken("web-1", 1, "it has a terminal"));
            Assert.Equal("it could not be taken of web-1: it has a terminal", bench.Application.Kinds["web-k1"].Missing);
            if (attempt == 1)
            {
                Assert.Single(bench.Last.OfType<MachineAction.FreezeBox>());
                bench.Feed(new MachineInput.FrozenSaid("web-1", 1, 1, null));
            }

            bench.AssertState("web-1", MachineState.Frozen);
        }

        Assert.Equal([0, 60, 120, 240, 480, 960, 1_920, 3_600], pauses);
    }

    [Fact]
    public void What_goes_on_meanwhile_is_not_put_on_storage_and_a_box_that_dies_has_taken_none()
    {
        var bench = new Bench(Web(1) with { Idle = new IdleSpec { HibernateAfterMs = 30_000 } });
        bench.Connect("web-1");
        bench.Runs("web-1");
        Quiet(bench, "web-1");
        bench.Feed(new MachineInput.SnapshotNotTaken("web-1", 1, "no room"));
        bench.Feed(new MachineInput.FrozenSaid("web-1", 1, 1, null));
        bench.Pass(29_999);
        bench.Feed(new MachineInput.ThawedSaid("web-1", 1, new Signal { Kind = SignalKind.Data }));
        bench.Pass(40_000);
        Quiet(bench, "web-1");
        Assert.True(bench["web-1"].IsTaken);
        bench.Pass(100_000);
        Assert.Empty(bench.Actions.OfType<MachineAction.StoreBox>());

        bench.BoxDies("web-1");

        Assert.False(bench["web-1"].IsTaken);
        Assert.Equal("it could not be taken of web-1: the box ended without a word", bench.Application.Kinds["web-k1"].Missing);
    }

    [Fact]
    public void With_the_last_machine_of_its_kind_it_goes()
    {
        var bench = new Bench(new MachineInput.Begin([Web(1), Web(2)], [], []) { Kinds = There });
        bench.Connect("web-1");
        bench.Started("web-1");
        bench.Update(Web(1) with { Revision = "r2", Kind = "web-k2" }, Web(2) with { Revision = "r2", Kind = "web-k2" });
        Assert.Empty(bench.Last.OfType<MachineAction.DropSnapshot>());

        bench.Exits("web-1", 0);

        Assert.Equal("web-k1", Assert.Single(bench.Actions.OfType<MachineAction.DropSnapshot>()).Kind);
    }

    [Fact]
    public void Down_takes_all_of_them_away()
    {
        var bench = new Bench(new MachineInput.Begin([Web(1)], [], []) { Kinds = There });
        bench.Down();
        Assert.Equal("web-k1", Assert.Single(bench.Actions.OfType<MachineAction.DropSnapshot>()).Kind);
    }

    [Fact]
    public void What_another_keeper_asked_for_is_there_when_the_box_says_so()
    {
        var bench = new Bench(new MachineInput.Begin([Web(1)], [], [new Adoption("web-1", 1, "r1", HasListened: true, HasStarted: true, HealthState.None, IsFrozen: false, IsClone: true)]));
        Assert.True(bench["web-1"].IsClone);
        bench.Feed(new MachineInput.SnapshotTaken("web-1", 1, 12));
        Assert.True(bench.Application.Kinds["web-k1"].IsThere);
    }

    private static MachineLaunch Web(int number) => Machine("web") with { Name = "web-" + number, Number = number, Kind = "web-k1", FromSnapshot = true };

    private static void Quiet(Bench bench, string machine) => bench.Feed(new MachineInput.QuietSaid(machine, bench[machine].Box!.Value, new QuietReport(10_000, 1_000, 0, [])));
}
