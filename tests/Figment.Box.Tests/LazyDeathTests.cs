using Figment.Box.Tests.Harness;
using Figment.Migration.Handover;
using Figment.Model.Control;

namespace Figment.Box.Tests;

/// <summary>Whoever gives a machine its memory dies. With CRIU's own daemon both sides would be lost: its source has ended by then. Needs root and CRIU.</summary>
public sealed class LazyDeathTests : IDisposable
{
    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void Before_the_verdict_it_costs_the_copy_and_the_machine_goes_on_with_its_connection()
    {
        var redis = TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp", "--enable-debug-command", "yes");
        using var twin = _network.Twin();
        using var box = TestBox.Start(_network, redis, [(TestMachines.Tcp(6379), _network.Placeholder(6379))]);
        using var client = _network.Connect(6379);
        client.ReceiveTimeout = 60_000;
        Assert.Equal("+OK\r\n", client.Ask("DEBUG POPULATE 100000 key 1000\r\n", "\r\n"));
        string digest = client.Ask("DEBUG DIGEST\r\n", "\r\n");
        using var departure = Departure.Begin(box);
        departure.Take(lazily: true);
        using var arriving = TestBox.Start(twin, redis, change: launch => launch with { RestoreFrom = departure.Images, Arrives = true });
        arriving.Expect<BoxMessage.Held>();

        arriving.Kill();
        departure.Rule(Verdict.Abort);

        Assert.Equal((1, "the verdict is that it stays"), departure.End());
        Assert.Equal(digest, client.Ask("DEBUG DIGEST\r\n", "\r\n"));
        Assert.Equal(":100000\r\n", client.Ask("DBSIZE\r\n", "\r\n"));

        // The copy was held before its first instruction, and still is: nobody is left to let it run.
        Assert.NotEqual(0, arriving.KillGroup());
    }
}
