using System.Globalization;
using System.Net.Sockets;
using Figment.Box.Tests.Harness;
using Figment.Linux.Internet;
using Figment.Model.Control;
using Figment.Model.Launch;

namespace Figment.Box.Tests;

/// <summary>A machine on storage whose connections are kept: the kernel goes on answering for it. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class KeptConnectionTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Listens for IPv4 and IPv6, is connected with itself, and answers lines with what it read over that connection.</summary>
    private const string Echo = """
        import selectors, socket
        s = socket.create_server(('::', 7000), family=socket.AF_INET6, dualstack_ipv6=True)
        own = socket.create_server(('127.0.0.1', 0))
        near = socket.create_connection(own.getsockname())
        far, _ = own.accept()
        chosen = selectors.DefaultSelector()
        chosen.register(s, selectors.EVENT_READ)
        while True:
            for key, _ in chosen.select():
                if key.fileobj is s:
                    c, _ = s.accept()
                    chosen.register(c, selectors.EVENT_READ)
                    continue
                try:
                    data = key.fileobj.recv(65536)
                except OSError as error:
                    print(error.strerror, flush=True)
                    data = b''
                if not data:
                    chosen.unregister(key.fileobj)
                    key.fileobj.close()
                    print('closed', flush=True)
                    continue
                near.sendall(data)
                key.fileobj.sendall(far.recv(65536))
        """;

    private static readonly MachineLaunch Redis = TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp");

    private static readonly KnownPort s_dual = TestMachines.Tcp(7000) with { Family = ListenFamily.DualStack };

    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void What_comes_meanwhile_is_acknowledged_and_answered_after_it()
    {
        using var box = StartRedis();
        using var old = _network.Connect(6379);
        Assert.Equal("+OK\r\n", old.Ask("SET greeting hello\r\n", "\r\n"));
        var snapshot = box.Checkpoint(Path.Combine(box.Folder, "snapshot"), CheckpointConnections.Keep);
        var (connection, socket) = Assert.Single(box.Kept);
        Assert.Equal((0, 0, false), (connection.Unread, connection.Untaken, connection.HasEnded));

        old.Send("GET greeting\r\n"u8);
        Wait.Until(() => InternetSocket.Unread(socket) == "GET greeting\r\n".Length, "the kernel has taken what came");
        using var fresh = _network.Connect(6379);
        fresh.Send("PING\r\n"u8);

        using var restored = box.RestoreKept(_network, Redis, snapshot);
        Assert.Equal("$5\r\nhello\r\n", old.Ask("", "hello\r\n"));
        Assert.Equal("+PONG\r\n", fresh.Ask("", "\r\n"));
        var started = restored.Expect<BoxMessage.Started>();
        output.WriteLine($"pause {snapshot.PauseMs} ms; steps, ms: {string.Join(", ", started.Steps.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Key} {(step.Value - started.Steps[0].Value) / 1000.0:F1}")))}");
        Assert.False(Directory.Exists(snapshot.Folder + ".view"));
    }

    [Fact]
    public void Again_and_again_with_many_connections_of_both_families_and_its_own()
    {
        const int Times = 3;
        const int Count = 70;
        var machine = TestMachines.Host("python3", "-c", Echo);
        List<TestBox> boxes = [TestBox.Start(_network, machine, [(s_dual, _network.Placeholder(7000, dualStack: true))])];
        var clients = new List<Socket>();
        try
        {
            boxes[0].Expect<BoxMessage.Listening>();
            for (int client = 0; client < Count; client++)
            {
                clients.Add(_network.Connect(7000));
            }

            for (int time = 0; time < Times; time++)
            {
                foreach (var (index, client) in clients.Index())
                {
                    string word = string.Create(CultureInfo.InvariantCulture, $"{time} {index}\n");
                    Assert.Equal(word, client.Ask(word, "\n"));
                }

                var snapshot = boxes[^1].Checkpoint(Path.Combine(boxes[^1].Folder, $"snapshot-{time}"), CheckpointConnections.Keep);
                Assert.Equal(Count, boxes[^1].Kept.Count);
                boxes.Add(boxes[^1].RestoreKept(_network, machine, snapshot));
                boxes[^1].Expect<BoxMessage.Started>();
            }

            Assert.Equal("last\n", clients[^1].Ask("last\n", "\n"));
            Assert.Empty(boxes[^1].Log);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
            boxes.ForEach(box => box.Dispose());
        }
    }

    [Fact]
    public void Whoever_was_not_kept_is_reset_and_the_program_told_so()
    {
        var machine = TestMachines.Host("python3", "-c", Echo);
        using var box = TestBox.Start(_network, machine, [(s_dual, _network.Placeholder(7000, dualStack: true))]);
        using var client = _network.Connect(7000);
        Assert.Equal("hello\n", client.Ask("hello\n", "\n"));
        var snapshot = box.Checkpoint(Path.Combine(box.Folder, "snapshot"), CheckpointConnections.Keep);
        box.DropKept();

        using var restored = box.RestoreKept(_network, machine, snapshot);

        Wait.Until(() => restored.Log.Contains("closed"), () => $"the program sees it: {string.Join(" | ", restored.Log)}");
        Assert.Equal(["Connection reset by peer", "closed"], restored.Log);
        using var fresh = _network.Connect(7000);
        Assert.Equal("again\n", fresh.Ask("again\n", "\n"));
    }

    [Fact]
    public void A_client_that_went_away_meanwhile_is_gone_for_the_program_too()
    {
        var machine = TestMachines.Host("python3", "-c", Echo);
        using var box = TestBox.Start(_network, machine, [(s_dual, _network.Placeholder(7000, dualStack: true))]);
        var client = _network.Connect(7000);
        Assert.Equal("hello\n", client.Ask("hello\n", "\n"));
        var snapshot = box.Checkpoint(Path.Combine(box.Folder, "snapshot"), CheckpointConnections.Keep);
        client.Dispose();

        using var restored = box.RestoreKept(_network, machine, snapshot);

        Wait.Until(() => restored.Log.Contains("closed"), "the program sees it");
    }

    /// <summary>It waits in epoll_wait(2) for a timer of three seconds, and says how long that took by the clock that does not stand still.</summary>
    [Fact]
    public void Time_went_on_meanwhile()
    {
        const string Timer = """
            import ctypes, os, select, time
            c = ctypes.CDLL(None)
            fd = c.timerfd_create(time.CLOCK_MONOTONIC, 0)
            c.timerfd_settime(fd, 0, (ctypes.c_long * 4)(1, 0, 3, 0), None)
            p = select.epoll()
            p.register(fd, select.EPOLLIN)
            begin = time.monotonic()
            print('waits', flush=True)
            p.poll()
            print(round(time.monotonic() - begin), int.from_bytes(os.read(fd, 8), 'little'), flush=True)
            time.sleep(1000)
            """;
        var machine = TestMachines.Host("python3", "-c", Timer);
        using var box = TestBox.Start(_network, machine);
        box.Expect<BoxMessage.Started>();
        Wait.Until(() => box.Log.Count == 1, "it waits");
        long begin = System.Diagnostics.Stopwatch.GetTimestamp();
        var snapshot = box.Checkpoint(Path.Combine(box.Folder, "snapshot"), CheckpointConnections.Keep);
        Wait.Until(() => System.Diagnostics.Stopwatch.GetElapsedTime(begin) > TimeSpan.FromSeconds(4.5), "the timer has ended twice");

        using var restored = box.RestoreKept(_network, machine, snapshot);

        Wait.Until(() => restored.Log.Count == 2, "it has seen it");
        Assert.Matches(@"^[45] [23]$", restored.Log[1]);
    }

    [Fact]
    public void Called_off_it_goes_on_with_its_connections()
    {
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        client.Ask("PING\r\n", "\r\n");
        File.WriteAllText(Path.Combine(box.Folder, "file"), "");

        box.Send(new BoxMessage.Checkpoint { Folder = Path.Combine(box.Folder, "file", "snapshot"), Connections = CheckpointConnections.Keep });

        output.WriteLine(box.Expect<BoxMessage.CheckpointFailed>().Reason);
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        Assert.Empty(box.Kept);
    }

    private TestBox StartRedis()
    {
        var box = TestBox.Start(_network, Redis, [(TestMachines.Tcp(6379), _network.Placeholder(6379))]);
        box.Expect<BoxMessage.Listening>();
        box.Expect<BoxMessage.Started>();
        return box;
    }
}
