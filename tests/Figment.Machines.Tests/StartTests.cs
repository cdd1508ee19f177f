using Figment.Machines.Actions;
using Figment.Machines.Inputs;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Figment.Model.States;
using static Figment.Machines.Tests.Bench;

namespace Figment.Machines.Tests;

public sealed class StartTests
{
    [Fact]
    public void A_machine_on_demand_is_imaginary_and_holds_its_ports()
    {
        var bench = new Bench(Machine("web"));

        bench.AssertState("web-1", MachineState.Imaginary);
        Assert.Equal([new MachineAction.HoldPlaceholders("web-1")], bench.Actions);
    }

    [Fact]
    public void A_connection_starts_it_and_its_first_listen_makes_it_running()
    {
        var bench = new Bench(Machine("web"));

        bench.Connect("web-1");
        bench.AssertState("web-1", MachineState.Starting);
        Assert.Single(bench.Last.OfType<MachineAction.SpawnBox>());
        bench.Started("web-1");
        bench.AssertState("web-1", MachineState.Starting);
        bench.Listens("web-1");

        bench.AssertState("web-1", MachineState.Running);
        Assert.Equal([MachineState.Waiting, MachineState.Starting, MachineState.Running], bench.States("web-1"));
        Assert.All(bench.Actions.OfType<MachineAction.Record>(), record => Assert.Equal(SignalKind.Connection, record.Cause.Kind));
        Assert.Empty(bench.Actions.OfType<MachineAction.ClosePlaceholders>());
    }

    [Fact]
    public void Listening_for_itself_alone_is_not_serving()
    {
        var bench = new Bench(Machine("web"));
        bench.Connect("web-1");

        bench.Feed(new MachineInput.Listening("web-1", bench["web-1"].Box!.Value, Loopback: true));

        bench.AssertState("web-1", MachineState.Starting);
    }

    [Fact]
    public void An_eager_machine_starts_at_once_and_runs_when_started_if_it_serves_no_port()
    {
        var bench = new Bench(Machine("job", null));
        bench.AssertState("job-1", MachineState.Starting);
        Assert.Equal(SignalKind.Eager, bench["job-1"].Cause!.Kind);

        bench.Started("job-1");

        bench.AssertState("job-1", MachineState.Running);
    }

    [Fact]
    public void A_dependency_is_started_first_and_its_cause_names_who_needs_it()
    {
        var bench = new Bench(Needs(Machine("web"), "db"), Machine("db", 5432));

        bench.Connect("web-1");
        bench.AssertState("web-1", MachineState.Waiting);
        bench.AssertState("db-1", MachineState.Starting);
        Assert.Equal((SignalKind.Dependency, "web-1"), (bench["db-1"].Cause!.Kind, bench["db-1"].Cause!.FromMachine));
        bench.Runs("db-1");

        bench.AssertState("web-1", MachineState.Starting);
    }

    [Fact]
    public void Dependencies_reach_through_a_chain()
    {
        var bench = new Bench(Needs(Machine("web"), "api"), Needs(Machine("api"), "db"), Machine("db"));

        bench.Connect("web-1");
        bench.Runs("db-1");
        bench.Runs("api-1");

        bench.AssertState("web-1", MachineState.Starting);
    }

    [Fact]
    public void A_healthy_dependency_is_waited_for()
    {
        var db = Machine("db") with { HealthCheck = new HealthCheckSpec { Test = ["true"] } };
        var bench = new Bench(Needs(Machine("web"), "db", DependencyCondition.Healthy), db);
        bench.Connect("web-1");
        bench.Runs("db-1");
        bench.AssertState("web-1", MachineState.Waiting);

        bench.Feed(new MachineInput.HealthChanged("db-1", bench["db-1"].Box!.Value, HealthState.Healthy));

        bench.AssertState("web-1", MachineState.Starting);
    }

    [Theory]
    [InlineData(true, MachineState.Failed)]
    [InlineData(false, MachineState.Starting)]
    public void An_unhealthy_dependency_fails_who_requires_it(bool required, MachineState expected)
    {
        var db = Machine("db") with { HealthCheck = new HealthCheckSpec { Test = ["true"] } };
        var bench = new Bench(Needs(Machine("web"), "db", DependencyCondition.Healthy, required), db);
        bench.Connect("web-1");
        bench.Runs("db-1");

        bench.Feed(new MachineInput.HealthChanged("db-1", bench["db-1"].Box!.Value, HealthState.Unhealthy));

        bench.AssertState("web-1", expected);
    }

    [Theory]
    [InlineData(0, true, MachineState.Starting)]
    [InlineData(3, true, MachineState.Failed)]
    [InlineData(3, false, MachineState.Starting)]
    public void A_job_is_started_for_who_needs_it_completed(int code, bool required, MachineState expected)
    {
        var bench = new Bench(Needs(Machine("web"), "migrate", DependencyCondition.CompletedSuccessfully, required), Machine("migrate", null) with { Start = StartMode.OnDemand });
        bench.AssertState("migrate-1", MachineState.Imaginary);
        bench.Connect("web-1");
        bench.Started("migrate-1");
        bench.AssertState("web-1", MachineState.Waiting);

        bench.Exits("migrate-1", code);

        bench.AssertState("web-1", expected);
        bench.AssertState("migrate-1", code == 0 ? MachineState.Completed : MachineState.Imaginary);
        Assert.Equal(expected == MachineState.Failed, bench.Actions.OfType<MachineAction.ClosePlaceholders>().Any(close => close.Machine == "web-1"));
    }

    [Fact]
    public void A_completed_job_is_not_run_again_for_the_next_who_needs_it()
    {
        var bench = new Bench(Needs(Machine("web"), "migrate", DependencyCondition.CompletedSuccessfully), Machine("migrate", null));
        bench.Started("migrate-1");
        bench.Exits("migrate-1", 0);

        bench.Connect("web-1");

        bench.AssertState("web-1", MachineState.Starting);
        Assert.Single(bench.Actions.OfType<MachineAction.SpawnBox>(), spawn => spawn.Machine == "migrate-1");
    }

    [Fact]
    public void A_dependency_that_keeps_dying_fails_who_waits_for_it()
    {
        var bench = new Bench(Needs(Machine("web"), "db"), Machine("db"));
        bench.Connect("web-1");
        for (int death = 0; death < 5; death++)
        {
            bench.AssertState("web-1", MachineState.Waiting);
            bench.Exits("db-1", 1);
            bench.Pass(30_000);
        }

        bench.AssertState("db-1", MachineState.Failed);
        bench.AssertState("web-1", MachineState.Failed);
        Assert.Contains("db-1 has failed", bench["web-1"].Cause!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dependency_that_a_user_stopped_fails_who_requires_it()
    {
        var bench = new Bench(Needs(Machine("web"), "db"), Machine("db"));
        bench.Stop("db-1");

        bench.Connect("web-1");

        bench.AssertState("web-1", MachineState.Failed);
        Assert.Contains("figment start db-1", bench["web-1"].Cause!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_service_fails_who_requires_it()
    {
        var bench = new Bench(Needs(Machine("web"), "db"), Needs(Machine("api"), "db", required: false));

        bench.Connect("web-1");
        bench.Connect("api-1");

        bench.AssertState("web-1", MachineState.Failed);
        bench.AssertState("api-1", MachineState.Starting);
    }

    [Fact]
    public void Who_does_not_listen_in_time_is_stopped_and_that_counts_as_a_fast_death()
    {
        var bench = new Bench(Machine("web"));
        bench.Connect("web-1");
        bench.Started("web-1");

        bench.Pass(30_000);
        bench.AssertState("web-1", MachineState.Stopping);
        Assert.Equal(SignalKind.StartTimeout, bench["web-1"].Cause!.Kind);
        bench.Exits("web-1", 143);

        bench.AssertState("web-1", MachineState.Imaginary);
        Assert.Equal(1, bench["web-1"].FastDeaths);
    }

    [Fact]
    public void Nobody_waits_for_an_eager_machine_so_it_may_take_its_time_until_somebody_does()
    {
        var bench = new Bench(Needs(Machine("web"), "db"), Eager(Machine("db")));
        bench.Started("db-1");
        bench.Pass(300_000);
        bench.AssertState("db-1", MachineState.Starting);

        bench.Connect("web-1");
        bench.Pass(30_000);

        bench.AssertState("db-1", MachineState.Stopping);
    }

    [Fact]
    public void What_cannot_be_executed_fails_at_once()
    {
        var bench = new Bench(Machine("web"));
        bench.Connect("web-1");
        long box = bench["web-1"].Box!.Value;

        bench.Feed(new MachineInput.StartFailed("web-1", box, 127, "/bin/nothing: not found", BoxIsGone: false));
        bench.Feed(new MachineInput.BoxGone("web-1", box));

        bench.AssertState("web-1", MachineState.Failed);
        Assert.Equal(127, bench["web-1"].ExitCode);
        Assert.Equal(["/bin/nothing: not found"], bench.Actions.OfType<MachineAction.Record>().Last().LastLines);
    }
}
