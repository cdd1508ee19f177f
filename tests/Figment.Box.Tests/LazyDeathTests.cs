using Figment.Box.Tests.Harness;
using Figment.Migration.Handover;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Box.Tests;

/// <summary>Whoever gives a machine its memory dies. With CRIU's own daemon both sides would be lost: its source has ended by then. Needs root and CRIU.</summary>
public sealed class LazyDeathTests : IDisposable
{
    private const int Turns = 10;

    private readonly TestNetwork _network = new();
    private readonly string _shared = Directory.CreateTempSubdirectory("figment-lazy-death-").FullName;

    public void Dispose()
    {
        _network.Dispose();
        Directory.Delete(_shared, recursive: true);
    }

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

    /// <summary>The kernel closes what a killed process had open before it ends the machine with it: what is missing is not zeros in between.</summary>
    [Fact]
    public void What_is_missing_when_it_is_killed_is_never_read_as_zeros()
    {
        const string Reads = """
            import os, random
            for child in range(4):
                if os.fork() == 0:
                    ballast = b'x' * (150 << 20)
                    zero = os.open('/srv/shared/zeros', os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                    print('full', flush=True)
                    while True:
                        if ballast[random.randrange(len(ballast))] == 0:
                            os.write(zero, b'0')
            os.wait()
            """;
        var machine = TestMachines.Host("python3", "-c", Reads) with { Mounts = [new MountLaunch { Kind = MountKind.Bind, Source = _shared, Target = "/srv/shared" }] };
        using var twin = _network.Twin();
        using var box = TestBox.Start(_network, machine);
        Wait.Until(() => box.Log.Count == 4, "they have filled their memory");
        using var departure = Departure.Begin(box);
        departure.Take(lazily: true);
        departure.Rule(Verdict.Commit);
        departure.End();
        for (int turn = 0; turn < Turns; turn++)
        {
            using var arriving = TestBox.Start(twin, machine, change: launch => launch with { RestoreFrom = departure.Images, Arrives = true });
            arriving.Expect<BoxMessage.Held>();
            arriving.Send(new BoxMessage.Release { Runs = true });
            arriving.Expect<BoxMessage.Started>();
            arriving.Kill();
            arriving.KillGroup();
            Wait.Until(() => arriving.KillGroup() == 0, "they have ended");
            Assert.Equal("", File.ReadAllText(Path.Combine(_shared, "zeros")));
        }
    }
}
