using System.Globalization;
using System.Net.Sockets;
using Figment.Box.Tests.Harness;
using Figment.Linux.Processes;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Box.Tests;

/// <summary>Machines are put onto storage and go on from there, with their connections. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class CheckpointTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Says each line that it is sent and answers how many there were, from a file in shared memory that it has mapped.</summary>
    private const string Counter = """
        import mmap, socket
        with open('/dev/shm/count', 'wb') as f: f.truncate(4096)
        with open('/dev/shm/count', 'r+b') as f: page = mmap.mmap(f.fileno(), 4096)
        s = socket.create_server(('', 7000))
        c, _ = s.accept()
        lines = c.makefile()
        for line in lines:
            page[0] += 1
            print(line.strip(), flush=True)
            c.sendall(b'%d\n' % page[0])
        """;

    /// <summary>Holds a netlink socket that CRIU does not know how to put back (member of a group above 32).</summary>
    private const string Unfit = """
        import socket
        n = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        n.setsockopt(270, 1, 33)
        s = socket.create_server(('', 7000))
        while True:
            c, _ = s.accept()
            c.sendall(b'here')
            c.close()
        """;

    private static readonly MachineLaunch Redis = TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp");

    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void Redis_goes_on_from_storage_with_what_it_knew_and_the_connection_it_had()
    {
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        Assert.Equal("+OK\r\n", client.Ask("SET greeting hello\r\n", "\r\n"));

        var snapshot = box.Checkpoint(Path.Combine(box.Folder, "snapshot"));
        Assert.Equal([(6379, TransportProtocol.Tcp)], snapshot.Listeners.Select(port => (port.Port, port.Protocol)));
        using var restored = box.Restore(_network, Redis, snapshot);
        var started = restored.Expect<BoxMessage.Started>();
        output.WriteLine($"pause {snapshot.PauseMs} ms; steps, ms: {string.Join(", ", started.Steps.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.Key} {(step.Value - started.Steps[0].Value) / 1000.0:F1}")))}");

        Assert.Equal("$5\r\nhello\r\n", client.Ask("GET greeting\r\n", "hello\r\n"));
        using var second = _network.Connect(6379);
        Assert.Equal("$5\r\nhello\r\n", second.Ask("GET greeting\r\n", "hello\r\n"));
        Assert.True(restored.Expect<BoxMessage.Listening>().Placeholder);
    }

    /// <summary>What is restored can be put onto storage again, by the box that restored it.</summary>
    [Fact]
    public void Again_and_again()
    {
        const int Times = 5;
        List<TestBox> boxes = [StartRedis()];
        try
        {
            using var client = _network.Connect(6379);
            for (int time = 1; time <= Times; time++)
            {
                Assert.Equal($":{time}\r\n", client.Ask("INCR times\r\n", "\r\n"));
                var snapshot = boxes[^1].Checkpoint(Path.Combine(boxes[^1].Folder, $"snapshot-{time}"));
                boxes.Add(boxes[^1].Restore(_network, Redis, snapshot));
                var steps = boxes[^1].Expect<BoxMessage.Started>().Steps;
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"stood still for {snapshot.PauseMs} ms; {string.Join(", ", steps.Select(step => $"{step.Key} {(step.Value - steps[0].Value) / 1000.0:F1}"))}"));
            }

            Assert.Equal($":{Times + 1}\r\n", client.Ask("INCR times\r\n", "\r\n"));
        }
        finally
        {
            boxes.ForEach(box => box.Dispose());
        }
    }

    [Fact]
    public void Who_comes_while_it_is_on_storage_waits_in_its_queue()
    {
        using var box = StartRedis();
        var snapshot = box.Checkpoint(Path.Combine(box.Folder, "snapshot"));
        OpenNetwork();

        using var client = _network.Connect(6379);
        using var restored = box.Restore(_network, Redis, snapshot);

        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
    }

    [Fact]
    public void What_it_may_do_and_where_it_belongs_is_as_before()
    {
        var machine = Redis with { Resources = new ResourceSpec { MemoryBytes = 256 << 20, PidsMax = 100 } };
        using var box = TestBox.Start(_network, machine, [(TestMachines.Tcp(6379), _network.Placeholder(6379))]);
        var first = box.Expect<BoxMessage.Started>();
        box.Expect<BoxMessage.Listening>();
        using var client = _network.Connect(6379);
        client.Ask("PING\r\n", "\r\n");
        string before = State(first);

        var snapshot = box.Checkpoint(Path.Combine(box.Folder, "snapshot"));
        using var restored = box.Restore(_network, machine, snapshot);

        Assert.Equal(before, State(restored.Expect<BoxMessage.Started>()));
        using var inside = StreamClient.Exec(restored, "sh", "-c", "cut -d: -f3 /proc/self/cgroup | sort -u; hostname; wc -c < /proc/interrupts; ls /proc/acpi 2>/dev/null; true");
        Assert.Equal(0, inside.ReadToExit());
        Assert.Equal("/\nweb-1\n0\n", inside.Output.ToString());
    }

    /// <summary>Each on its own: one that was bound anew after its thread, and one that was not bound.</summary>
    [Fact]
    public void Threads_run_on_the_processors_to_which_they_were_bound()
    {
        Assert.SkipWhen(Environment.ProcessorCount < 2, "needs two processors");
        const string Program = """
            import os, threading, time
            def bound(processors):
                os.sched_setaffinity(0, processors)
                time.sleep(1000)
            threading.Thread(target=bound, args=({1},)).start()
            if os.fork() == 0:
                time.sleep(1000)
            bound({0})
            """;
        var machine = TestMachines.Host("python3", "-c", Program);
        using var box = TestBox.Start(_network, machine);
        int first = box.Expect<BoxMessage.Started>().Pid;
        string all = Processors(Environment.ProcessId).Single().Value;
        Dictionary<string, string> bound = new() { ["1"] = "0", ["2"] = "1", ["3"] = all };
        Wait.Until(() => Processors(first).SequenceEqual(bound), "all have bound themselves");

        using var restored = box.Restore(_network, machine, box.Checkpoint(Path.Combine(box.Folder, "snapshot")));

        Assert.Equal(bound, Processors(restored.Expect<BoxMessage.Started>().Pid));

        // By numbers of threads in their machine; of this process there is but one.
        static Dictionary<string, string> Processors(int process)
        {
            var processes = process == Environment.ProcessId ? [$"/proc/{process}"] : File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Append($"{process}").SelectMany(one => Directory.GetDirectories($"/proc/{one}/task"));
            return processes.Select(thread => File.ReadAllLines(Path.Combine(thread, "status"))).ToDictionary(lines => Last(lines, "NSpid"), lines => Last(lines, "Cpus_allowed_list")).OrderBy(one => one.Key, StringComparer.Ordinal).ToDictionary();
        }

        static string Last(string[] lines, string name) => lines.Single(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split('\t')[^1];
    }

    [Fact]
    public void Its_calls_are_trapped_again()
    {
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        client.Ask("PING\r\n", "\r\n");
        using var restored = box.Restore(_network, Redis, box.Checkpoint(Path.Combine(box.Folder, "snapshot")));

        Assert.Equal("+OK\r\n", client.Ask("REPLICAOF 10.213.0.9 7000\r\n", "\r\n"));

        var wanted = restored.Expect<BoxMessage.Wanted>();
        Assert.Equal(("10.213.0.9", 7000), (wanted.Address, wanted.Port));
        restored.Send(new BoxMessage.Granted { Id = wanted.Id });
        using var exec = StreamClient.Exec(restored, "redis-cli", "role");
        Assert.Equal(0, exec.ReadToExit());
        Assert.StartsWith("slave", exec.Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_it_says_afterwards_stands_behind_what_it_said_before_and_shared_memory_is_what_it_was()
    {
        var machine = TestMachines.Host("python3", "-c", Counter);
        using var box = TestBox.Start(_network, machine, [(TestMachines.Tcp(7000), _network.Placeholder(7000))]);
        using var client = _network.Connect(7000);
        Assert.Equal("1\n", client.Ask("one\n", "\n"));

        using var restored = box.Restore(_network, machine, box.Checkpoint(Path.Combine(box.Folder, "snapshot")));

        Assert.Equal("2\n", client.Ask("two\n", "\n"));
        Wait.Until(() => restored.Log.Count == 2, "the second line is in the log");
        Assert.Equal(["one", "two"], restored.Log);
        using var exec = StreamClient.Exec(restored, "od", "-An", "-tu1", "-N1", "/dev/shm/count");
        Assert.Equal(0, exec.ReadToExit());
        Assert.Equal("2", exec.Output.ToString().Trim());
    }

    [Fact]
    public void A_frozen_machine_goes_to_storage_as_it_stands()
    {
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        box.Freeze();

        var snapshot = box.Checkpoint(Path.Combine(box.Folder, "snapshot"));
        Assert.DoesNotContain(box.Rest(), message => message is BoxMessage.Thawed);
        using var restored = box.Restore(_network, Redis, snapshot);

        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        restored.Freeze();
        Assert.Equal("+PONG\r\n", client.Ask("PING\r\n", "\r\n"));
        Assert.Equal(ThawCause.Data, restored.Expect<BoxMessage.Thawed>().Cause);
    }

    [Fact]
    public void Left_running_it_goes_on_and_can_be_put_onto_storage_again()
    {
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        client.Ask("SET greeting hello\r\n", "\r\n");
        box.Send(new BoxMessage.Checkpoint { Folder = Path.Combine(box.Folder, "first"), LeaveRunning = true });
        Assert.True(box.Expect<BoxMessage.Checkpointed>().GoesOn);
        Assert.Equal("+OK\r\n", client.Ask("SET greeting again\r\n", "\r\n"));

        using var restored = box.Restore(_network, Redis, box.Checkpoint(Path.Combine(box.Folder, "second")));

        Assert.Equal("$5\r\nagain\r\n", client.Ask("GET greeting\r\n", "again\r\n"));
    }

    [Fact]
    public void What_cannot_be_put_onto_storage_says_why_and_goes_on()
    {
        using var box = TestBox.Start(_network, TestMachines.Host("python3", "-c", Unfit));
        box.Expect<BoxMessage.Listening>();
        box.Expect<BoxMessage.Started>();
        string folder = Path.Combine(box.Folder, "snapshot");

        box.Send(new BoxMessage.Checkpoint { Folder = folder });

        string reason = box.Expect<BoxMessage.CheckpointFailed>().Reason;
        output.WriteLine(reason);
        Assert.Contains("more than 32 groups", reason, StringComparison.Ordinal);
        using (var client = _network.Connect(7000))
        {
            Assert.Equal("here", client.ReadToEnd());
        }

        using var busy = StreamClient.Exec(box, "sleep", "1000");
        box.Send(new BoxMessage.Checkpoint { Folder = folder });
        Assert.Contains("at work", box.Expect<BoxMessage.CheckpointFailed>().Reason, StringComparison.Ordinal);
        Assert.Equal([], Directory.GetDirectories(box.Folder, "snapshot*"));
    }

    [Fact]
    public void What_a_memory_file_system_held_comes_back_but_not_through_a_symbolic_link_that_is_there_now()
    {
        var machine = TestMachines.Script("echo kept > /srv/data/file; chmod 640 /srv/data/file; chown 33:34 /srv/data/file; exec sleep 1000") with { Mounts = [new MountLaunch { Kind = MountKind.Tmpfs, Target = "/srv/data" }] };
        using var box = TestBox.Start(_network, machine);
        box.Expect<BoxMessage.Started>();
        Wait.Until(() => Inside(box, "cat /srv/data/file; stat -c %u:%g:%a /srv/data/file") == "kept\n33:34:640\n", "the file is written");

        using var second = box.Restore(_network, machine, box.Checkpoint(Path.Combine(box.Folder, "first")));
        second.Expect<BoxMessage.Started>();
        Assert.Equal("kept\n33:34:640\n", Inside(second, "cat /srv/data/file; stat -c %u:%g:%a /srv/data/file"));

        var snapshot = second.Checkpoint(Path.Combine(second.Folder, "second"));
        string mountPoint = Path.Combine(second.Folder, "overlay", "upper", "srv", "data");
        Directory.Delete(mountPoint);
        File.CreateSymbolicLink(mountPoint, "/media");
        using var third = second.Restore(_network, machine, snapshot);
        Assert.Contains("has a mount at /srv/data, where the machine now has a symbolic link", third.Expect<BoxMessage.StartFailed>().Error, StringComparison.Ordinal);
        Assert.False(File.Exists("/media/file"));
        Wait.Until(() => third.HasEnded, "the box ends");
    }

    /// <summary>It leaves a table that keeps packets away, and connections that send nothing.</summary>
    [Theory]
    [InlineData("pagemap-1.img")]
    [InlineData("fdinfo-2.img")]
    public void Criu_is_killed_in_the_middle_and_the_machine_goes_on(string after)
    {
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        client.Ask("EVAL \"for i = 1, 100000 do redis.call('set', 'k' .. i, string.rep('x', 1000)) end\" 0\r\n", "\r\n");
        string folder = Path.Combine(box.Folder, "snapshot");

        box.Send(new BoxMessage.Checkpoint { Folder = folder });
        Wait.Until(() => File.Exists(Path.Combine(folder + ".new", after)), "the dump is under way");
        KillCriu(box);

        var answer = box.Expect<BoxMessage>(message => message is BoxMessage.CheckpointFailed or BoxMessage.Checkpointed);
        output.WriteLine($"{answer}");
        Assert.IsType<BoxMessage.CheckpointFailed>(answer);
        Assert.Equal("$1000\r\n" + new string('x', 1000) + "\r\n", client.Ask("GET k77777\r\n", "x\r\n"));
        using var second = _network.Connect(6379);
        Assert.Equal("+PONG\r\n", second.Ask("PING\r\n", "\r\n"));
        Assert.Equal([true, true], ReuseOfConnections(box));

        using var restored = box.Restore(_network, Redis, box.Checkpoint(folder));
        Assert.Equal(":100000\r\n", client.Ask("DBSIZE\r\n", "\r\n"));
    }

    /// <summary>Whether others may bind the port while the kernel remembers them: as it is of what a server with SO_REUSEADDR has accepted.</summary>
    private static List<bool> ReuseOfConnections(TestBox box)
    {
        const int SOL_SOCKET = 1;
        const int SO_REUSEADDR = 2;
        using var program = Pidfd.Open(Assert.Single(Children(box, isProgram: true)));
        List<bool> found = [];
        foreach (string path in Directory.EnumerateFiles($"/proc/{program.Pid}/fd").Where(path => new FileInfo(path).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true))
        {
            using var descriptor = program.TakeDescriptor(int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))!;
            using var socket = new Socket(new SafeSocketHandle(descriptor.Number, ownsHandle: false));
            if (socket.RemoteEndPoint is not null)
            {
                byte[] value = new byte[sizeof(int)];
                socket.GetRawSocketOption(SOL_SOCKET, SO_REUSEADDR, value);
                found.Add(BitConverter.ToInt32(value) != 0);
            }
        }

        return found;
    }

    /// <summary>It would keep what the machine had, as its ports, and wait for who asked it.</summary>
    [Fact]
    public void Criu_ends_with_the_box_that_asked_it()
    {
        using var box = StartRedis();
        using var client = _network.Connect(6379);
        client.Ask("EVAL \"for i = 1, 100000 do redis.call('set', 'k' .. i, string.rep('x', 1000)) end\" 0\r\n", "\r\n");
        string folder = Path.Combine(box.Folder, "snapshot");
        box.Send(new BoxMessage.Checkpoint { Folder = folder });
        Wait.Until(() => File.Exists(Path.Combine(folder + ".new", "fdinfo-2.img")), "the dump is under way");
        using var criu = Pidfd.Open(Assert.Single(Criu(box)));

        // As it stands when it waits for what never comes.
        criu.Signal(19);
        using (var own = Pidfd.Open(box.BoxPid))
        {
            own.Signal(9);
        }

        Assert.True(criu.AwaitEnd(TimeSpan.FromSeconds(20)));
    }

    [Theory]
    [InlineData("machine.json", "holds no complete snapshot")]
    [InlineData("core-1.img", "core-1.img")]
    public void A_snapshot_that_is_not_whole_is_refused_and_leaves_nothing_running(string missing, string why)
    {
        using var box = StartRedis();
        var snapshot = box.Checkpoint(Path.Combine(box.Folder, "snapshot"));
        File.Delete(Path.Combine(snapshot.Folder, missing));

        using var restored = box.Restore(_network, Redis, snapshot);

        string error = restored.Expect<BoxMessage.StartFailed>().Error;
        output.WriteLine(error);
        Assert.Contains(why, error, StringComparison.Ordinal);
        Wait.Until(() => restored.HasEnded, "the box ends");
        OpenNetwork();
        Assert.Throws<SocketException>(() => _network.Connect(6379));
    }

    /// <summary>As whoever wakes it does: what CRIU keeps away may come.</summary>
    private void OpenNetwork() => _network.InMachine(() =>
    {
        using var nft = System.Diagnostics.Process.Start("nft", ["flush", "ruleset"]);
        nft.WaitForExit();
        return nft.ExitCode;
    });

    private static string Inside(TestBox box, string script)
    {
        using var exec = StreamClient.Exec(box, "sh", "-c", script);
        exec.ReadToExit();
        return exec.Output.ToString();
    }

    private static void KillCriu(TestBox box)
    {
        foreach (int child in Criu(box))
        {
            using var process = Pidfd.Open(child);
            process.Signal(9);
        }
    }

    /// <summary>The box's own children that are not the machine's first process.</summary>
    private static IReadOnlyList<int> Criu(TestBox box) => Children(box, isProgram: false);

    private static IReadOnlyList<int> Children(TestBox box, bool isProgram) =>
    [
        .. Directory.GetDirectories($"/proc/{box.BoxPid}/task").SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(child => File.ReadAllText($"/proc/{child}/comm").StartsWith("redis", StringComparison.Ordinal) == isProgram)
            .Select(child => int.Parse(child, CultureInfo.InvariantCulture)),
    ];

    private TestBox StartRedis()
    {
        var box = TestBox.Start(_network, Redis, [(TestMachines.Tcp(6379), _network.Placeholder(6379))]);
        box.Expect<BoxMessage.Listening>();
        box.Expect<BoxMessage.Started>();
        return box;
    }

    private static string State(BoxMessage.Started started)
    {
        string[] fields = ["Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters", "NSpid", "NSsid", "SigIgn"];
        var status = File.ReadLines($"/proc/{started.Pid}/status").Where(line => fields.Contains(line.Split(':')[0])).Select(line => line.StartsWith("NS", StringComparison.Ordinal) ? line.Split('\t')[^1] : line);
        var mounts = File.ReadLines($"/proc/{started.Pid}/mountinfo").Select(line => string.Join(' ', line.Split(' ')[3..6])).Order();
        return string.Join('\n', [.. status, .. File.ReadLines($"/proc/{started.Pid}/cgroup"), .. File.ReadLines($"/proc/{started.Pid}/limits"), .. mounts]);
    }
}
