using System.Diagnostics;
using System.Globalization;
using Figment.Linux.Processes;

namespace Figment.Linux.Tests.Processes;

/// <summary>Needs root: who traces is no parent of whom it traces.</summary>
public sealed class TracersTests
{
    /// <summary>Traces both threads of a process, then listens to the first alone, as CRIU does.</summary>
    private const string Tracer = """
        import ctypes, os, sys
        libc = ctypes.CDLL(None, use_errno=True)
        SEIZE, WALL = 0x4206, 0x40000000
        pid = int(sys.argv[1])
        for thread in os.listdir("/proc/%d/task" % pid):
            assert libc.ptrace(SEIZE, int(thread), None, None) == 0, os.strerror(ctypes.get_errno())
        print("traces", flush=True)
        os.waitpid(pid, WALL)
        """;

    private const string TwoThreads = """
        import threading, time
        threading.Thread(target=time.sleep, args=(600,)).start()
        print("begun", flush=True)
        time.sleep(600)
        """;

    [Fact]
    public void A_process_that_was_killed_ends_when_its_tracer_does()
    {
        using var program = Python(TwoThreads, "begun");
        using var tracer = Python(Tracer, "traces", program.Id.ToString(CultureInfo.InvariantCulture));
        using var process = Pidfd.Open(program.Id);
        Assert.Empty(Tracers.Kill(tracer.Id));

        process.Signal(9);

        Assert.False(process.AwaitEnd(TimeSpan.FromMilliseconds(300)));
        Assert.Equal([tracer.Id], Tracers.Kill(program.Id));
        Assert.True(process.AwaitEnd(TimeSpan.FromSeconds(10)));
        program.WaitForExit();
        tracer.WaitForExit();
        Assert.Empty(Tracers.Kill(program.Id));
    }

    private static Process Python(string text, string says, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo("python3", ["-c", text, .. arguments]) { RedirectStandardOutput = true })!;
        Assert.Equal(says, process.StandardOutput.ReadLine());
        return process;
    }
}
