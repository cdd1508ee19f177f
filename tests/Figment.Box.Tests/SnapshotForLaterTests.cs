using System.Globalization;
using Figment.Box.Tests.Harness;
using Figment.Migration.Snapshots;
using Figment.Model.Control;

namespace Figment.Box.Tests;

/// <summary>Snapshots that outlive what they were made of: the machine's files, its connections, the node's boot. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class SnapshotForLaterTests : IDisposable
{
    /// <summary>Tells each client which it is, and writes that to a file that stays open.</summary>
    private const string Writer = """
        import socket
        s = socket.create_server(('', 7000))
        clients = []
        with open('/srv/counter', 'w') as f:
            while True:
                clients.append(s.accept()[0])
                f.seek(0)
                print(len(clients), file=f, flush=True)
                clients[-1].sendall(b'%d\n' % len(clients))
        """;

    private const string Clock = """
        import socket, time
        s = socket.create_server(('', 7000))
        while True:
            with s.accept()[0] as c: c.sendall(b'%f' % time.monotonic())
        """;

    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void For_later_its_connections_end_and_what_it_wrote_is_in_the_snapshot()
    {
        var machine = TestMachines.Host("python3", "-c", Writer);
        using var box = TestBox.Start(_network, machine);
        box.Expect<BoxMessage.Listening>();
        using var client = _network.Connect(7000);
        Assert.Equal("1\n", client.Ask("", "\n"));
        string folder = Path.Combine(box.Folder, "snapshot");
        var snapshot = box.Checkpoint(folder, CheckpointConnections.Close, withFiles: true);

        // The end of a program, not of its packets.
        Assert.Equal("", client.ReadToEnd());
        Assert.Equal((0, 0, false), (snapshot.Listeners.Count, box.Kept.Count, snapshot.GoesOn));
        string written = SnapshotManifest.WrittenOf(folder);
        Assert.Equal("1\n", File.ReadAllText(Path.Combine(written, "upper", "srv", "counter")));

        // It goes on from the files of then, not from those that are there now.
        string overlay = Path.Combine(box.Folder, "overlay");
        File.WriteAllText(Path.Combine(overlay, "upper", "srv", "counter"), "other and longer\n");
        Directory.Delete(overlay, recursive: true);
        Directory.Move(written, overlay);
        using var restored = box.Restore(_network, machine, snapshot, launch => launch with { KeptConnections = 0 });
        restored.Expect<BoxMessage.Started>();
        using var second = _network.Connect(7000);
        Assert.Equal("2\n", second.Ask("", "\n"));
    }

    /// <summary>What the node's clock showed then says nothing: the machine gets clocks of its own, which go on.</summary>
    [Fact]
    public void After_another_boot_its_clocks_have_never_gone_back()
    {
        var machine = TestMachines.Host("python3", "-c", Clock);
        using var box = TestBox.Start(_network, machine);
        box.Expect<BoxMessage.Listening>();
        double before = Monotonic();
        string folder = Path.Combine(box.Folder, "snapshot");
        var snapshot = box.Checkpoint(folder, CheckpointConnections.Close);
        const double DayAgo = 24 * 60 * 60;
        (SnapshotManifest.Load(folder) with { Boot = "another", TakenAtNs = 1, TakenAt = TimeProvider.System.GetUtcNow().AddDays(-1) }).Save(folder);

        using var restored = box.Restore(_network, machine, snapshot, launch => launch with { KeptConnections = 0 });
        restored.Expect<BoxMessage.Started>();
        double after = Monotonic();
        Assert.InRange(after - before, DayAgo - 60, DayAgo + 60);

        // And so they do when it is put away once more, on this boot.
        var again = restored.Checkpoint(Path.Combine(restored.Folder, "again"), CheckpointConnections.Close);
        using var third = restored.Restore(_network, machine, again, launch => launch with { KeptConnections = 0 });
        third.Expect<BoxMessage.Started>();
        Assert.InRange(Monotonic() - after, 0, 60);
    }

    private double Monotonic()
    {
        using var client = _network.Connect(7000);
        return double.Parse(client.ReadToEnd(), CultureInfo.InvariantCulture);
    }
}
