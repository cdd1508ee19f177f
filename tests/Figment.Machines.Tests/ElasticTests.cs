using CsCheck;
using Figment.Machines.Actions;
using Figment.Machines.Elasticity;
using Figment.Machines.Inputs;
using Figment.Model.Launch;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using static Figment.Machines.Tests.Bench;

namespace Figment.Machines.Tests;

public sealed class ElasticTests
{
    private static readonly ElasticSpec Spec = new() { Max = 4, ConnectionsTarget = 10 };

    [Theory]
    [InlineData(0, 0, 0, 0, 0)]
    [InlineData(1, 0, 0, 0, 1)]
    [InlineData(20, 0, 0, 0, 2)]
    [InlineData(21, 0, 0, 0, 3)]
    [InlineData(1000, 0, 0, 0, 4)]
    public void As_many_machines_as_its_connections_need(int connections, int queued, int processor, int memory, int expected) =>
        Assert.Equal(expected, Scale.Wanted(Spec, [new MachineLoad(connections, queued, processor, memory)]).Machines);

    [Fact]
    public void The_target_that_asks_for_most_decides_and_says_so()
    {
        var spec = new ElasticSpec { Max = 10, Min = 1, ConnectionsTarget = 10, ProcessorPercentTarget = 50, MemoryPercentTarget = 80 };
        Assert.Equal((1, "min"), Scale.Wanted(spec, []));
        Assert.Equal((4, "170 % of a machine's processors used, 50 % each"), Scale.Wanted(spec, [new MachineLoad(5, 0, 90, 10), new MachineLoad(5, 0, 80, 10)]));
        Assert.Equal((2, "120 % of a machine's memory used, 80 % each"), Scale.Wanted(spec, [new MachineLoad(0, 0, 0, 60), new MachineLoad(0, 0, 0, 60)]));
        var byProcessor = new ElasticSpec { Max = 10, ProcessorPercentTarget = 70 };
        Assert.Equal((3, "connections wait at 1 machines"), Scale.Wanted(byProcessor, [new MachineLoad(5, 2, 10, 0), new MachineLoad(5, 0, 10, 0)]));
    }

    [Fact]
    public void More_connections_wake_more_machines_at_once_and_the_address_leads_to_those_that_serve()
    {
        var bench = Service();
        Assert.Equal(["web-1"], Led(bench));
        bench.Connect("web-1");
        bench.Runs("web-1");
        Load(bench, "web-1", 25);

        Assert.Equal([MachineState.Running, MachineState.Starting, MachineState.Starting, MachineState.Imaginary], States(bench));
        Assert.Equal((SignalKind.Scale, "its service needs 3 machines"), (bench["web-2"].Cause!.Kind, bench["web-2"].Cause!.Detail));
        Assert.Equal(["web-1"], Led(bench));
        bench.Runs("web-2");
        Assert.Equal(["web-1", "web-2"], Led(bench));
        bench.Runs("web-3");
        Assert.Equal(["web-1", "web-2", "web-3"], Led(bench));
    }

    [Fact]
    public void Fewer_connections_drain_after_a_while_and_cut_nothing()
    {
        var bench = Scaled(3);
        Load(bench, "web-1", 5);
        Load(bench, "web-2", 0);
        Load(bench, "web-3", 2);
        bench.Pass(9_000);
        Assert.Equal(["web-1", "web-2", "web-3"], Led(bench));

        bench.Pass(2_000);
        Assert.Equal(["web-1"], Led(bench));
        Assert.All(States(bench)[..3], state => Assert.Equal(MachineState.Running, state));

        // web-3 still has two connections: it stays for them, however long they last.
        bench.Pass(120_000);
        bench.AssertState("web-2", MachineState.Stopping);
        bench.AssertState("web-3", MachineState.Running);
        bench.Exits("web-2", 0);
        bench.AssertState("web-2", MachineState.Imaginary);
        Load(bench, "web-3", 0);
        bench.Pass(61_000);
        bench.AssertState("web-3", MachineState.Stopping);
    }

    [Fact]
    public void A_drained_machine_is_taken_back_before_another_is_started()
    {
        var bench = Scaled(3);
        foreach (string name in (string[])["web-1", "web-2", "web-3"])
        {
            Load(bench, name, 1);
        }

        bench.Pass(11_000);
        Assert.Equal(["web-1"], Led(bench));

        Load(bench, "web-1", 25);
        Assert.Equal(["web-1", "web-2", "web-3"], Led(bench));
        bench.AssertState("web-4", MachineState.Imaginary);
    }

    [Fact]
    public void A_machine_that_dies_is_replaced_at_once()
    {
        var bench = Scaled(3);

        bench.Exits("web-2", 1);

        Assert.Equal([MachineState.Running, MachineState.Starting, MachineState.Running, MachineState.Imaginary], States(bench));
        Assert.Equal(["web-1", "web-3"], Led(bench));

        // If it dies again at once it has to wait, and another takes its place.
        bench.Exits("web-2", 1);
        Assert.Equal([MachineState.Running, MachineState.Imaginary, MachineState.Running, MachineState.Starting], States(bench));
        bench.Runs("web-4");
        Assert.Equal(["web-1", "web-3", "web-4"], Led(bench));
    }

    [Fact]
    public void The_last_one_is_frozen_then_imaginary_and_still_led_to()
    {
        var bench = Service();
        bench.Connect("web-1");
        bench.Runs("web-1");
        Load(bench, "web-1", 1);
        Load(bench, "web-1", 0);
        bench.Pass(30_000);
        bench.AssertState("web-1", MachineState.Running);
        bench.Feed(new MachineInput.QuietSaid("web-1", 1, new QuietReport(10_000, 0, 0, [])));
        bench.Feed(new MachineInput.FrozenSaid("web-1", 1, 1, null));
        Assert.Equal(["web-1"], Led(bench));

        bench.Pass(61_000);
        bench.AssertState("web-1", MachineState.Stopping);
        bench.Exits("web-1", 0);
        bench.AssertState("web-1", MachineState.Imaginary);
        Assert.Equal(["web-1"], Led(bench));
    }

    [Fact]
    public void So_many_as_the_least_run_from_the_beginning_and_are_not_released()
    {
        var bench = Service(Spec with { Min = 2 });
        Assert.Equal([MachineState.Starting, MachineState.Starting, MachineState.Imaginary, MachineState.Imaginary], States(bench));
        bench.Runs("web-1");
        bench.Runs("web-2");
        foreach (string name in (string[])["web-1", "web-2"])
        {
            bench.Feed(new MachineInput.QuietSaid(name, bench[name].Box!.Value, new QuietReport(10_000, 0, 0, [])));
            bench.Feed(new MachineInput.FrozenSaid(name, bench[name].Box!.Value, 1, null));
        }

        bench.Pass(600_000);
        Assert.Equal([MachineState.Frozen, MachineState.Frozen, MachineState.Imaginary, MachineState.Imaginary], States(bench));
    }

    [Fact]
    public void Who_depends_on_an_elastic_service_needs_one_machine_of_it()
    {
        var bench = new Bench([.. Machines(Spec), Needs(Machine("front"), "web")]);

        bench.Connect("front-1");

        Assert.Equal([MachineState.Starting, MachineState.Imaginary, MachineState.Imaginary, MachineState.Imaginary], States(bench));
        bench.Runs("web-1");
        bench.AssertState("front-1", MachineState.Starting);
    }

    [Fact]
    public void A_keeper_that_comes_later_drains_nobody_before_it_knows_what_there_is_to_do()
    {
        var bench = new Bench(new MachineInput.Begin(
            Machines(Spec),
            [],
            [.. Enumerable.Range(1, 3).Select(number => new Adoption($"web-{number}", number, "r1", true, true, HealthState.None, IsFrozen: false))]));

        Assert.Equal(["web-1", "web-2", "web-3"], Led(bench));
        bench.Pass(5_000);
        Load(bench, "web-1", 25);
        bench.Pass(60_000);
        Assert.Equal(["web-1", "web-2", "web-3"], Led(bench));
    }

    /// <summary>Another keeper had told it to end, since fewer are needed: it is there again for when more are.</summary>
    [Theory]
    [InlineData(SignalKind.Scale, true, MachineState.Imaginary)]
    [InlineData(SignalKind.Scale, false, MachineState.Imaginary)]
    [InlineData(SignalKind.User, true, MachineState.Stopped)]
    [InlineData(SignalKind.User, false, MachineState.Stopped)]
    public void What_was_ending_when_its_keeper_died_is_afterwards_what_it_was_to_be(SignalKind cause, bool hasBox, MachineState expected)
    {
        var last = new MachineEvent { Sequence = 1, At = DateTimeOffset.UnixEpoch, Machine = "web-2", From = MachineState.Running, To = MachineState.Stopping, Cause = new Signal { Kind = cause } };
        var bench = new Bench(new MachineInput.Begin(Machines(Spec), [last], hasBox ? [new Adoption("web-2", 1, "r1", true, true, HealthState.None, IsFrozen: false)] : []));
        if (hasBox)
        {
            bench.AssertState("web-2", MachineState.Stopping);
            bench.Exits("web-2", 0);
        }

        bench.AssertState("web-2", expected);
    }

    [Fact]
    public void Whatever_happens_the_address_leads_somewhere_and_no_more_run_than_may() =>
        Gen.Select(Gen.Int[0, 4], Gen.Select(Gen.Int[0, 6], Gen.Int[1, 4], Gen.Int[0, 50]).Array[0, 60]).Sample(
            (min, steps) =>
            {
                var bench = Service(Spec with { Min = min });
                foreach (var (step, number, amount) in steps)
                {
                    Step(bench, step, $"web-{number}", amount);
                    var led = Led(bench);
                    Assert.NotEmpty(led);
                    bool serves = bench.Application.Machines.Values.Any(machine => machine is { Serves: true, Leaving: null });
                    Assert.All(led, name => Assert.True(!serves || bench[name] is { Serves: true, Leaving: null }, $"the address leads to {name}, which is {bench[name].State}, while others serve"));
                    Assert.InRange(bench.Application.Services["web"].Wanted, min, 4);
                }
            },
            iter: 2_000,
            threads: 2);

    private static void Step(Bench bench, int step, string name, int amount)
    {
        var machine = bench[name];
        switch (step)
        {
            case 0 when machine.AwaitsSignal:
                bench.Connect(name);
                break;
            case 1 when machine is { Box: not null, State: MachineState.Starting }:
                bench.Runs(name);
                break;
            case 2 when machine.Serves:
                Load(bench, name, amount);
                break;
            case 3 when machine is { Box: not null } && machine.RunsProgram:
                bench.Exits(name, amount % 2);
                break;
            case 4 when machine is { State: MachineState.Running, Box: { } box, Load: null or { Connections: 0 } }:
                bench.Feed(new MachineInput.QuietSaid(name, box, new QuietReport(10_000, 0, 0, [])));
                bench.Feed(new MachineInput.FrozenSaid(name, box, 1, null));
                break;
            case 5 when machine is { State: MachineState.Frozen, Box: { } box }:
                bench.Feed(new MachineInput.ThawedSaid(name, box, new Signal { Kind = SignalKind.Data }));
                break;
            default:
                bench.Pass(amount * 1_000);
                break;
        }
    }

    private static MachineLaunch[] Machines(ElasticSpec spec) =>
        [.. Enumerable.Range(1, spec.Max).Select(number => Machine("web") with { Name = $"web-{number}", Number = number, Elastic = spec })];

    private static Bench Service(ElasticSpec? spec = null) => new(Machines(spec ?? Spec));

    /// <summary>So many run, with 10 connections each.</summary>
    private static Bench Scaled(int count)
    {
        var bench = Service();
        bench.Connect("web-1");
        bench.Runs("web-1");
        Load(bench, "web-1", 10 * count);
        for (int number = 2; number <= count; number++)
        {
            bench.Runs($"web-{number}");
            Load(bench, "web-1", 10 * (count + 1 - number));
            Load(bench, $"web-{number}", 10);
        }

        bench.Pass(60_000);
        return bench;
    }

    private static void Load(Bench bench, string machine, int connections) =>
        bench.Feed(new MachineInput.LoadSaid(machine, bench[machine].Box!.Value, new MachineLoad(connections, 0, 0, 0)));

    private static IReadOnlyList<string> Led(Bench bench) => bench.Actions.OfType<MachineAction.LeadTo>().Last().Machines;

    private static MachineState[] States(Bench bench) => [.. Enumerable.Range(1, 4).Select(number => bench[$"web-{number}"].State)];
}
