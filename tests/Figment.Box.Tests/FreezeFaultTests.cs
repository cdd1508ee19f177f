using System.Globalization;
using System.Net.Sockets;
using Figment.Box.Tests.Harness;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Box.Tests;

/// <summary>What is hard to stop, or wrong about how it was stopped.</summary>
public sealed class FreezeFaultTests : IDisposable
{
    private const int Port = 9000;

    private readonly TestNetwork _network = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("figment-freeze-").FullName;

    public void Dispose()
    {
        _network.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The program says its last words only when the client has said that it will say no more.</summary>
    [Fact]
    public void The_end_of_what_a_client_sends_thaws_and_what_is_half_closed_still_carries_the_rest()
    {
        using var box = Start("""
            connection, _ = listener.accept()
            while connection.recv(100): pass
            print('half closed')
            other, _ = listener.accept()
            connection.sendall(b'last words\n')
            time.sleep(1000)
            """);
        using var client = _network.Connect(Port);
        client.Send("x"u8);
        box.Freeze();

        client.Shutdown(SocketShutdown.Send);

        Assert.Equal(ThawCause.Data, box.Expect<BoxMessage.Thawed>().Cause);
        Wait.Until(() => box.Log is [.., "half closed"], "it has seen the end");
        box.Freeze();
        using var other = _network.Connect(Port);
        byte[] buffer = new byte[100];
        Assert.Equal("last words\n"u8, buffer.AsSpan(0, client.Receive(buffer)));
    }

    /// <summary>Frozen between the client's SYN and what completes the connection: the kernel goes on with it, and who was let in thaws.</summary>
    [Fact]
    public void A_connection_that_is_being_set_up_thaws_when_it_is()
    {
        using var box = Start("""
            while True:
                connection, _ = listener.accept()
                connection.sendall(b'here\n')
            """);
        _network.LoseHandshakes(true);
        using var client = _network.Connect(Port);
        box.Freeze();
        Pause(TimeSpan.FromMilliseconds(300));
        Assert.Empty(box.Rest().OfType<BoxMessage.Thawed>());

        _network.LoseHandshakes(false);

        Assert.Equal(ThawCause.Data, box.Expect<BoxMessage.Thawed>().Cause);
        byte[] buffer = new byte[100];
        Assert.Equal("here\n"u8, buffer.AsSpan(0, client.Receive(buffer)));
    }

    /// <summary>It has read one byte of two and been told of both: nothing more will wake it for the second, frozen or not.</summary>
    [Fact]
    public void What_an_edge_has_told_of_already_thaws_nothing_and_what_comes_then_does()
    {
        using var box = Start("""
            connection, _ = listener.accept()
            connection.setblocking(False)
            poll = select.epoll()
            poll.register(connection, select.EPOLLIN | select.EPOLLET)
            while True:
                poll.poll()
                print(connection.recv(1).decode())
            """);
        using var client = _network.Connect(Port);
        client.Send("ab"u8);
        Wait.Until(() => box.Log is [.., "a"], "it has read one");

        box.Freeze();
        Pause(TimeSpan.FromMilliseconds(300));
        Assert.Empty(box.Rest().OfType<BoxMessage.Thawed>());
        client.Send("c"u8);

        Assert.Equal(ThawCause.Data, box.Expect<BoxMessage.Thawed>().Cause);
        Wait.Until(() => box.Log is [.., "b"], "it has read the next");
    }

    [Fact]
    public void A_program_that_traces_another_rests_with_it_and_goes_on_with_it()
    {
        using var box = Start("""
            import ctypes, os
            libc = ctypes.CDLL(None, use_errno=True)
            PTRACE_TRACEME, PTRACE_CONT = 0, 7
            child = os.fork()
            if child == 0:
                assert libc.ptrace(PTRACE_TRACEME, 0, None, None) == 0
                os.kill(os.getpid(), signal.SIGSTOP)
                print('traced one goes on')
                time.sleep(1000)
            os.waitpid(child, 0)
            print('it stands')
            connection, _ = listener.accept()
            assert libc.ptrace(PTRACE_CONT, child, None, None) == 0
            time.sleep(1000)
            """);
        Wait.Until(() => box.Log is [.., "it stands"], "the traced one stands");
        box.Freeze();

        using var client = _network.Connect(Port);

        Assert.Equal(ThawCause.Data, box.Expect<BoxMessage.Thawed>().Cause);
        Wait.Until(() => box.Log is [.., "traced one goes on"], "it goes on");
    }

    /// <summary>getppid(2) is refused to it, by its own doing.</summary>
    [Fact]
    public void A_program_with_a_filter_of_its_own_is_frozen_like_any_other()
    {
        using var box = Start("""
            import ctypes, os, struct
            def instruction(code, jt, jf, k): return struct.pack('HBBI', code, jt, jf, k)
            program = instruction(0x20, 0, 0, 0) + instruction(0x15, 0, 1, 110) + instruction(0x06, 0, 0, 0x00050001) + instruction(0x06, 0, 0, 0x7fff0000)
            buffer = ctypes.create_string_buffer(program)
            fprog = struct.pack('HxxxxxxQ', 4, ctypes.addressof(buffer))
            libc = ctypes.CDLL(None, use_errno=True)
            assert libc.prctl(38, 1, 0, 0, 0) == 0
            assert libc.prctl(22, 2, ctypes.create_string_buffer(fprog), 0, 0) == 0
            print('filtered', os.getppid())
            connection, _ = listener.accept()
            connection.sendall(b'here\n')
            time.sleep(1000)
            """);
        Wait.Until(() => box.Log.Any(line => line.StartsWith("filtered", StringComparison.Ordinal)), "its filter stands");
        box.Freeze();

        using var client = _network.Connect(Port);

        byte[] buffer = new byte[100];
        Assert.Equal("here\n"u8, buffer.AsSpan(0, client.Receive(buffer)));
        Assert.Equal(ThawCause.Data, box.Expect<BoxMessage.Thawed>().Cause);
    }

    /// <summary>It starts processes until it may start no more; all of them are frozen and go on.</summary>
    [Fact]
    public void A_machine_that_has_as_many_processes_as_it_may_have_is_frozen_and_goes_on()
    {
        var machine = Machine("""
            import os
            children = 0
            while True:
                try: child = os.fork()
                except OSError as error: break
                if child == 0: time.sleep(1000)
                children += 1
            print('has', children)
            connection, _ = listener.accept()
            connection.sendall(b'here\n')
            time.sleep(1000)
            """);
        using var box = TestBox.Start(_network, machine with { Resources = machine.Resources with { PidsMax = 40 } });
        Wait.Until(() => box.Log.Any(line => line.StartsWith("has ", StringComparison.Ordinal)), "it can have no more");
        Assert.InRange(int.Parse(box.Log[^1].Split(' ')[1], CultureInfo.InvariantCulture), 30, 39);
        box.Freeze();

        using var client = _network.Connect(Port);

        byte[] buffer = new byte[100];
        Assert.Equal("here\n"u8, buffer.AsSpan(0, client.Receive(buffer)));
    }

    /// <summary>It holds what another waits for: the other is busy, not frozen, and has it as soon as the first goes on and lets it go.</summary>
    [Fact]
    public void A_frozen_machine_keeps_its_lock_and_who_waits_for_it_is_not_frozen()
    {
        const string Lock = "import fcntl\nfile = open('/shared/lock', 'w')\nfcntl.flock(file, fcntl.LOCK_EX)\n";
        using var second = new TestNetwork();
        using var holder = TestBox.Start(_network, Shared(Machine(Lock + """
            print('locked')
            connection, _ = listener.accept()
            fcntl.flock(file, fcntl.LOCK_UN)
            time.sleep(1000)
            """)));
        Wait.Until(() => holder.Log is [.., "locked"], "it has the lock");
        using var waiter = TestBox.Start(second, Shared(Machine($"print('waits')\n{Lock}print('has it')\ntime.sleep(1000)")));
        Wait.Until(() => waiter.Log is [.., "waits"], "the other waits");
        holder.Freeze();

        waiter.Send(new BoxMessage.Freeze { TickMs = 500 });
        Assert.Matches(@"is in system call 73, which may end at any time$", waiter.Expect<BoxMessage.Busy>(busy => !busy.Reason.Contains("runs", StringComparison.Ordinal)).Reason);
        using var client = _network.Connect(Port);

        Wait.Until(() => waiter.Log is [.., "has it"], "it has the lock");
    }

    /// <summary>Somebody took its process out of the group by hand: it cannot be frozen, says so, and serves.</summary>
    [Fact]
    public void A_program_that_is_not_in_its_group_any_more_goes_on_and_that_is_said()
    {
        using var box = Start("""
            while True:
                connection, _ = listener.accept()
                connection.sendall(b'here\n')
            """);
        int program = box.Expect<BoxMessage.Started>().Pid;
        string group = $"figment-box-test/{Path.GetFileName(box.Folder)}";
        foreach (string tree in Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup").Where(tree => Directory.Exists(Path.Combine(tree, group))))
        {
            File.WriteAllText(Path.Combine(tree, "cgroup.procs"), program.ToString(CultureInfo.InvariantCulture));
        }

        box.Send(new BoxMessage.Freeze { TickMs = 500 });

        Assert.Equal("it has no process", box.Expect<BoxMessage.Busy>().Reason);
        using var client = _network.Connect(Port);
        byte[] buffer = new byte[100];
        Assert.Equal("here\n"u8, buffer.AsSpan(0, client.Receive(buffer)));
    }

    private static MachineLaunch Machine(string script) =>
        TestMachines.Host("/usr/bin/python3", "-uc", $"import select, signal, socket, time\nlistener = socket.create_server(('0.0.0.0', {Port}))\n{script}");

    private static void Pause(TimeSpan time)
    {
        using var pause = new ManualResetEventSlim();
        pause.Wait(time, TestContext.Current.CancellationToken);
    }

    private TestBox Start(string script)
    {
        var box = TestBox.Start(_network, Machine(script));
        box.Expect<BoxMessage.Listening>();
        return box;
    }

    private MachineLaunch Shared(MachineLaunch machine) => machine with { Mounts = [new MountLaunch { Kind = MountKind.Bind, Source = _folder, Target = "/shared" }] };
}
