using Figment.Machines.Actions;
using Figment.Machines.Idleness;
using Figment.Machines.Inputs;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using static Figment.Machines.Tests.Bench;

namespace Figment.Machines.Tests;

public sealed class IdleTests
{
    private static readonly IdleSpec Default = new();
    private static readonly IdleSpec Heartbeat = new() { IgnoreHeartbeat = true };

    [Theory]
    [InlineData(false, 2_500, 0, 0, 0, true)]
    [InlineData(false, 25_000, 0, 0, 0, true)] // 1 % of a core
    [InlineData(false, 25_001, 0, 0, 0, false)]
    [InlineData(false, 0, 1, 0, 0, false)]
    [InlineData(false, 0, 0, 1, 0, false)]
    [InlineData(false, 0, 0, 0, 1, false)]
    [InlineData(true, 125_000, 20_480, 0, 0, true)] // 5 %, 8 KiB a second
    [InlineData(true, 125_001, 0, 0, 0, false)]
    [InlineData(true, 0, 20_481, 0, 0, false)]
    [InlineData(true, 0, 0, 1, 0, false)]
    public void What_counts_depends_on_the_policy(bool ignoreHeartbeat, long processorUs, long bytes, long output, int asked, bool isQuiet)
    {
        var before = new Activity(1_000, 10, 20, 30, 40);
        var after = new Activity(3_500, 10 + processorUs, 20 + bytes, 30 + output, 40 + asked);

        Assert.Equal(isQuiet, Quietness.IsQuiet(ignoreHeartbeat ? Heartbeat : Default, before, after));
    }

    [Theory]
    [InlineData(60_000, 0, 0, true)]
    [InlineData(59_999, 0, 0, false)]
    [InlineData(60_000, 1, 0, false)]
    [InlineData(60_000, 0, 1, false)]
    public void Who_computes_for_a_minute_without_anything_coming_or_going_is_restless(long ms, long bytes, long output, bool isRestless) =>
        Assert.Equal(isRestless, Quietness.IsRestless(Default, new Activity(1_000, 0, 0, 0, 0), new Activity(1_000 + ms, ms * 1_000, bytes, output, 0)));

    [Fact]
    public void A_quiet_machine_is_frozen_and_the_ledger_says_what_it_did()
    {
        var bench = Running(Machine("web"));

        Quiet(bench, "web-1");

        var freeze = Assert.Single(bench.Last.OfType<MachineAction.FreezeBox>());
        Assert.Equal((IdleLimits.TickMs, IdleLimits.WorthMsMax), (freeze.TickMs, freeze.AtLeastMs));
        bench.AssertState("web-1", MachineState.Running);
        bench.Feed(new MachineInput.FrozenSaid("web-1", 1, 4, 42_000));
        bench.AssertState("web-1", MachineState.Frozen);
        Assert.Equal("quiet for 10.0 s: 1.5 ms of processor time, 0 bytes; all 4 threads wait, the first until 42.0 s from now", bench["web-1"].Cause!.Detail);

        bench.Feed(new MachineInput.ThawedSaid("web-1", 1, new Signal { Kind = SignalKind.Data, Port = 80 }));
        bench.AssertState("web-1", MachineState.Running);
        Assert.Equal(SignalKind.Data, bench["web-1"].Cause!.Kind);
        Assert.Empty(bench.Last.OfType<MachineAction.FreezeBox>());
    }

    [Fact]
    public void Neither_a_machine_that_starts_nor_one_that_is_not_well_nor_one_whose_policy_is_never_is_frozen()
    {
        var bench = new Bench(Machine("web"), Machine("well"), Machine("never") with { Idle = new IdleSpec { FreezeAfterMs = 0 } });
        bench.Connect("web-1");
        bench.Started("web-1");
        Quiet(bench, "web-1");
        Assert.Empty(bench.Last.OfType<MachineAction.FreezeBox>());

        // It was quiet all the time: that it listens is what was missing.
        bench.Listens("web-1");
        Assert.Single(bench.Last.OfType<MachineAction.FreezeBox>());

        bench.Connect("well-1");
        bench.Runs("well-1");
        bench.Feed(new MachineInput.HealthChanged("well-1", 2, HealthState.Starting));
        Quiet(bench, "well-1");
        Assert.Empty(bench.Last.OfType<MachineAction.FreezeBox>());
        bench.Feed(new MachineInput.HealthChanged("well-1", 2, HealthState.Healthy));
        Assert.Single(bench.Last.OfType<MachineAction.FreezeBox>());

        bench.Connect("never-1");
        bench.Runs("never-1");
        Quiet(bench, "never-1");
        Assert.Empty(bench.Last.OfType<MachineAction.FreezeBox>());
    }

    [Fact]
    public void A_machine_that_was_busy_is_tried_again_when_it_is_quiet_again()
    {
        var bench = Running(Machine("web"));
        Quiet(bench, "web-1");

        bench.Feed(new MachineInput.BusySaid("web-1", 1, "thread 7 runs"));

        bench.AssertState("web-1", MachineState.Running);
        Assert.Equal("thread 7 runs", bench["web-1"].Busy);
        Assert.Empty(bench.Last.OfType<MachineAction.FreezeBox>());
        Quiet(bench, "web-1");
        Assert.Single(bench.Last.OfType<MachineAction.FreezeBox>());
    }

    [Fact]
    public void A_frozen_machine_is_what_others_depend_on_and_is_stopped_and_started_like_a_running_one()
    {
        var bench = Running(Machine("db"), Needs(Machine("web"), "db", DependencyCondition.Healthy));
        Freeze(bench, "db-1");

        bench.Connect("web-1");
        bench.AssertState("web-1", MachineState.Starting);

        long start = bench.Start("db-1");
        Assert.Equal("", bench.AnswerTo(start));
        Assert.Single(bench.Last.OfType<MachineAction.ThawBox>());
        bench.Feed(new MachineInput.ThawedSaid("db-1", 1, new Signal { Kind = SignalKind.User, Detail = "start" }));
        bench.AssertState("db-1", MachineState.Running);

        Freeze(bench, "db-1");
        bench.Stop("db-1");
        bench.AssertState("db-1", MachineState.Stopping);
        bench.Feed(new MachineInput.ThawedSaid("db-1", 1, new Signal { Kind = SignalKind.User, Detail = "stop" }));
        bench.AssertState("db-1", MachineState.Stopping);
        bench.Exits("db-1", 0);
        bench.AssertState("db-1", MachineState.Stopped);
    }

    [Fact]
    public void A_program_that_is_killed_while_it_is_frozen_has_not_died_fast()
    {
        var bench = Running(Restarts(Eager(Machine("web")), RestartPolicy.Always));
        bench.Pass(60_000);
        Freeze(bench, "web-1");

        bench.Exits("web-1", 137);

        bench.AssertState("web-1", MachineState.Starting);
        Assert.Equal(0, bench["web-1"].FastDeaths);
    }

    [Fact]
    public void A_new_policy_is_told_to_the_box_and_restarts_nothing()
    {
        var bench = Running(Machine("web"));

        bench.Update(Machine("web") with { Idle = Heartbeat });

        Assert.Equal(Heartbeat, Assert.Single(bench.Last.OfType<MachineAction.TellPolicy>()).Idle);
        bench.AssertState("web-1", MachineState.Running);
    }

    [Fact]
    public void Machines_that_beat_for_each_other_are_frozen_when_all_are_quiet_and_thawed_together()
    {
        var bench = Running(Member("a", 1), Member("b", 2), Member("c", 3));
        Quiet(bench, "a-1", "10.0.0.2", "10.0.0.3");
        Assert.Empty(bench.Last.OfType<MachineAction.FreezeBox>());
        Quiet(bench, "b-1", "10.0.0.1", "10.0.0.3");
        Assert.Empty(bench.Last.OfType<MachineAction.FreezeBox>());
        Quiet(bench, "c-1", "10.0.0.1", "10.0.0.2");

        Assert.Equal(["a-1", "b-1", "c-1"], bench.Last.OfType<MachineAction.FreezeBox>().Select(freeze => freeze.Machine));
        Assert.All(bench.Last.OfType<MachineAction.FreezeBox>(), freeze => Assert.Equal(10_000 / 3, freeze.TickMs));
        foreach (string name in (string[])["a-1", "b-1", "c-1"])
        {
            bench.Feed(new MachineInput.FrozenSaid(name, bench[name].Box!.Value, 1, null));
        }

        bench.Feed(new MachineInput.ThawedSaid("b-1", 2, new Signal { Kind = SignalKind.Data }));

        Assert.Equal(["a-1", "c-1"], bench.Last.OfType<MachineAction.ThawBox>().Select(thaw => thaw.Machine).Order());
        bench.Feed(new MachineInput.ThawedSaid("a-1", 1, new Signal { Kind = SignalKind.User, Detail = "asked" }));
        Assert.Equal((SignalKind.Peer, "b-1"), (bench["a-1"].Cause!.Kind, bench["a-1"].Cause!.FromMachine));
    }

    [Fact]
    public void If_one_of_them_is_busy_the_others_go_on()
    {
        var bench = Running(Member("a", 1), Member("b", 2));
        Quiet(bench, "a-1", "10.0.0.2");
        Quiet(bench, "b-1", "10.0.0.1");
        bench.Feed(new MachineInput.FrozenSaid("a-1", 1, 1, null));

        bench.Feed(new MachineInput.BusySaid("b-1", 2, "thread 7 runs"));

        var thaw = Assert.Single(bench.Last.OfType<MachineAction.ThawBox>());
        Assert.Equal(("a-1", true), (thaw.Machine, thaw.IsUndo));
        bench.Feed(new MachineInput.ThawedSaid("a-1", 1, new Signal { Kind = SignalKind.Peer }));
        Assert.Equal((SignalKind.Peer, "b-1"), (bench["a-1"].Cause!.Kind, bench["a-1"].Cause!.FromMachine));

        // Quiet as ever, it is frozen again when the other can be.
        Quiet(bench, "a-1", "10.0.0.2");
        Assert.Empty(bench.Last.OfType<MachineAction.FreezeBox>());
        Quiet(bench, "b-1", "10.0.0.1");
        Assert.Equal(["a-1", "b-1"], bench.Last.OfType<MachineAction.FreezeBox>().Select(freeze => freeze.Machine));
    }

    /// <summary>The other says that it is busy before this one says that it is frozen.</summary>
    [Fact]
    public void Who_is_thawed_while_it_is_being_frozen_goes_on_because_of_the_other()
    {
        var bench = Running(Member("a", 1), Member("b", 2));
        Quiet(bench, "a-1", "10.0.0.2");
        Quiet(bench, "b-1", "10.0.0.1");
        bench.Feed(new MachineInput.BusySaid("b-1", 2, "thread 7 runs"));
        Assert.Equal("a-1", Assert.Single(bench.Last.OfType<MachineAction.ThawBox>()).Machine);

        bench.Feed(new MachineInput.FrozenSaid("a-1", 1, 1, null));
        bench.Feed(new MachineInput.ThawedSaid("a-1", 1, new Signal { Kind = SignalKind.Peer }));

        bench.AssertState("a-1", MachineState.Running);
        Assert.Equal((SignalKind.Peer, "b-1"), (bench["a-1"].Cause!.Kind, bench["a-1"].Cause!.FromMachine));
    }

    [Fact]
    public void A_keeper_adopts_a_frozen_machine_as_frozen()
    {
        var bench = new Bench(new MachineInput.Begin(
            [Machine("web")],
            [new MachineEvent { Sequence = 1, At = DateTimeOffset.UnixEpoch, Machine = "web-1", From = MachineState.Imaginary, To = MachineState.Running, Cause = new Signal { Kind = SignalKind.User } }],
            [new Adoption("web-1", 1, "r1", true, true, HealthState.None, IsFrozen: true)]));

        bench.AssertState("web-1", MachineState.Frozen);
    }

    private static MachineLaunch Member(string service, int number) => Machine(service) with
    {
        Idle = Heartbeat,
        Interfaces = [new InterfaceLaunch { Network = "default", Address = $"10.0.0.{number}" }],
    };

    private static Bench Running(params MachineLaunch[] machines)
    {
        var bench = new Bench(machines);
        foreach (var machine in machines.Where(machine => machine.DependsOn.Count == 0))
        {
            bench.Connect(machine.Name);
            bench.Runs(machine.Name);
        }

        return bench;
    }

    private static void Quiet(Bench bench, string machine, params string[] peers) =>
        bench.Feed(new MachineInput.QuietSaid(machine, bench[machine].Box!.Value, new QuietReport(10_000, 1_500, 0, peers)));

    private static void Freeze(Bench bench, string machine)
    {
        Quiet(bench, machine);
        bench.Feed(new MachineInput.FrozenSaid(machine, bench[machine].Box!.Value, 1, null));
    }
}
