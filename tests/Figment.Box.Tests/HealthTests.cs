using Figment.Box.Health;
using Figment.Box.Tests.Harness;
using Figment.Model.Control;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Box.Tests;

public sealed class HealthTests
{
    [Fact]
    public void A_check_turns_healthy_and_after_its_retries_unhealthy()
    {
        using var network = new TestNetwork();
        var machine = TestMachines.Script("echo ok > /tmp/ok; sleep 1000 & trap 'exit 0' TERM; wait") with
        {
            HealthCheck = new HealthCheckSpec { Test = ["cat /tmp/ok && test -f /tmp/ok"], Shell = true, IntervalMs = 50, TimeoutMs = 5_000, Retries = 2 },
        };
        using var box = TestBox.Start(network, machine);

        Assert.Equal("ok\n", box.Expect<BoxMessage.HealthChanged>(change => change.State == HealthState.Healthy).Output);
        using (var client = StreamClient.Exec(box, "/bin/rm", "/tmp/ok"))
        {
            Assert.Equal(0, client.ReadToExit());
        }

        Assert.Contains("No such file", box.Expect<BoxMessage.HealthChanged>(change => change.State == HealthState.Unhealthy).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_that_does_not_end_has_failed()
    {
        using var network = new TestNetwork();
        var machine = TestMachines.Script("sleep 1000 & wait") with { HealthCheck = new HealthCheckSpec { Test = ["sleep", "1000"], IntervalMs = 50, TimeoutMs = 100, Retries = 1 } };
        using var box = TestBox.Start(network, machine);

        Assert.Contains("did not end within 0.1 s", box.Expect<BoxMessage.HealthChanged>(change => change.State == HealthState.Unhealthy).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Failures_in_the_start_period_do_not_count_before_the_first_success()
    {
        var verdict = new HealthVerdict(retries: 2);

        Assert.False(verdict.Add(success: false, inStartPeriod: true));
        Assert.False(verdict.Add(success: false, inStartPeriod: true));
        Assert.True(verdict.Add(success: true, inStartPeriod: true));
        Assert.False(verdict.Add(success: false, inStartPeriod: true));
        Assert.True(verdict.Add(success: false, inStartPeriod: true));
        Assert.Equal(HealthState.Unhealthy, verdict.State);
        Assert.True(verdict.Add(success: true, inStartPeriod: false));
        Assert.Equal(HealthState.Healthy, verdict.State);
    }
}
