using Figment.Linux.Children;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Polling;
using Figment.Linux.Processes;
using Figment.Linux.Seccomp;

namespace Figment.Linux.Tests.Children;

public sealed class PreparedChildTests
{
    [Fact]
    public void A_child_makes_its_steps_and_is_executed()
    {
        var (reader, writer) = FileCalls.Pipe();
        using var child = new PreparedChild();
        child.AddDuplicate(writer, 1);
        child.AddDirectory("/usr");
        child.AddWaitForGo();
        child.AddExecute(["/no/such/sh", "/bin/sh"], ["sh", "-c", "pwd; echo $A"], ["A=b"]);
        using var process = child.Start(NamespaceKind.None);
        writer.Dispose();
        child.Go();

        Assert.Equal(("/no/such/sh", Errno.ENOENT), child.ReadReport() is { } report ? (PreparedChild.ExecutePath(report), report.Error) : default);
        Assert.Null(child.ReadReport());
        using var output = new StreamReader(new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(reader.Release(), ownsHandle: true), FileAccess.Read));
        Assert.Equal("/usr\nb\n", output.ReadToEnd());
    }

    [Fact]
    public void A_step_that_fails_is_reported_and_ends_the_child()
    {
        using var child = new PreparedChild();
        child.AddDirectory("/no/such/folder");
        child.AddExecute(["/bin/true"], ["true"], []);
        using var process = child.Start(NamespaceKind.None);

        Assert.Equal(new ChildReport("enter the folder /no/such/folder", Errno.ENOENT, -1, Ended: true), child.ReadReport());
        Assert.Null(child.ReadReport());
    }

    [Fact]
    public void The_listener_of_trapped_calls_is_there_while_the_child_waits_again()
    {
        using var child = new PreparedChild();
        child.AddWaitForGo();
        child.AddNoNewPrivileges();
        child.AddNotifyFilter(BpfProgram.Notify());
        child.AddWaitForGo();
        child.AddExecute(["/bin/true"], ["true"], []);
        using var process = child.Start(NamespaceKind.None);
        child.Go();

        var report = child.ReadReport();
        Assert.Equal((PreparedChild.NotifyFilterLabel, Errno.None), (report?.Label, report?.Error));

        // Wherever the listener's number lies, and however far the child has come: it waits, and nothing it does before may have closed it.
        WaitUntilReading(process.Pid);
        using var listener = process.TakeDescriptor((int)report!.Value.Result);
        Assert.NotNull(listener);
        child.Go();
        Assert.Null(child.ReadReport());
    }

    /// <summary>A look-up of a user's name asks the Unix socket of a daemon that is not there: nothing for the box to decide.</summary>
    [Fact]
    public void An_address_of_a_unix_socket_is_not_trapped_and_one_of_the_internet_is()
    {
        const string Script = """
            import ctypes, socket, struct
            c = ctypes.CDLL(None, use_errno=True)
            unix = socket.socket(socket.AF_UNIX)
            unix.connect_ex("/no/such")
            c.connect(unix.fileno(), struct.pack("H108s", 1, b"/no/such"), 110)
            socket.socket().connect_ex(("127.0.0.1", 9))
            """;
        using var child = new PreparedChild();
        child.AddNoNewPrivileges();
        child.AddNotifyFilter(BpfProgram.Notify());
        child.AddWaitForGo();
        child.AddExecute(["/usr/bin/python3"], ["python3", "-c", Script], []);
        using var process = child.Start(NamespaceKind.None);
        var report = child.ReadReport();
        WaitUntilReading(process.Pid);
        using var listener = new TrapListener(process.TakeDescriptor((int)report!.Value.Result)!);
        child.Go();

        var lengths = new List<ulong>();
        while (lengths.Count < 2)
        {
            if (listener.TryReceive(out var call))
            {
                lengths.Add(call.Length);
                listener.Continue(call.Id);
            }
        }

        Assert.Equal(0, process.Wait().Code);
        Assert.Equal([11UL, 16UL], lengths);
    }

    /// <summary>A child that ran managed code would wait for a collection that another thread was about to begin when it was forked.</summary>
    [Fact]
    public void Children_come_to_their_exec_while_the_collector_is_at_work()
    {
        const int Children = 300;
        bool done = false;
        var allocator = new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
                GC.KeepAlive(new byte[90_000]);
            }
        });
        allocator.Start();
        try
        {
            int before = GC.CollectionCount(0);
            for (int count = 0; count < Children; count++)
            {
                using var child = new PreparedChild();
                child.AddExecute(["/bin/true"], ["true"], []);
                using var process = child.Start(NamespaceKind.None);
                bool ended = WaitForEnd(process);
                if (!ended)
                {
                    process.Signal(9);
                }

                process.Wait();
                Assert.True(ended, $"child {count} did not end");
            }

            Assert.NotEqual(before, GC.CollectionCount(0));
        }
        finally
        {
            Volatile.Write(ref done, true);
            allocator.Join();
        }
    }

    [Fact]
    public void A_child_ends_when_its_parent_never_says_go()
    {
        var child = new PreparedChild();
        child.AddWaitForGo();
        child.AddExecute(["/bin/sleep"], ["sleep", "1000"], []);
        using var process = child.Start(NamespaceKind.None);
        child.Dispose();

        Assert.True(WaitForEnd(process));
    }

    private static bool WaitForEnd(Pidfd process)
    {
        using var epoll = new Epoll();
        epoll.Add(process.Descriptor, PollEvents.Readable, 1);
        List<(ulong, PollEvents)> ready = [];
        epoll.Wait(10_000, ready);
        return ready.Count == 1;
    }

    private static void WaitUntilReading(int pid)
    {
        const string Read = "0 ";
        using var never = new ManualResetEventSlim();
        for (int attempt = 0; !File.ReadAllText($"/proc/{pid}/syscall").StartsWith(Read, StringComparison.Ordinal); attempt++)
        {
            Assert.True(attempt < 2_000, "the child does not come to its second wait");
            never.Wait(5);
        }
    }
}
