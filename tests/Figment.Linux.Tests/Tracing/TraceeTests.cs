using System.Diagnostics;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Processes;
using Figment.Linux.Tracing;

namespace Figment.Linux.Tests.Tracing;

/// <summary>Needs root.</summary>
public sealed class TraceeTests : IDisposable
{
    private const int SYS_getpid = 39;
    private const int SIGKILL = 9;

    private readonly string _file = Path.GetTempFileName();
    private readonly List<Pidfd> _children = [];

    public void Dispose()
    {
        foreach (var child in _children.Where(child => child.Signal(SIGKILL)))
        {
            child.Wait();
        }

        _children.ForEach(child => child.Dispose());
        File.Delete(_file);
    }

    /// <summary>Each waits in another way, for half a second in all, and compares that with the clock.</summary>
    [Theory]
    [InlineData("import time; time.sleep(0.5)")]
    [InlineData("import select; select.poll().poll(500)")]
    [InlineData("import select; select.select([], [], [], 0.5)")]
    [InlineData("import threading; threading.Event().wait(0.5)")]
    [InlineData("import time\nwhile time.monotonic() < start + 0.5: pass")]
    [InlineData("import subprocess; subprocess.run(['sleep', '0.5'], check=True)")]
    [InlineData("import signal, time; signal.signal(signal.SIGALRM, lambda *_: None); signal.setitimer(signal.ITIMER_REAL, 0.5); signal.pause()")]
    public void A_program_does_not_notice(string wait)
    {
        var child = Start($"import time; start = time.monotonic()\n{wait}\ntook = time.monotonic() - start\nassert 0.49 < took < 5, took");
        int calls = 0;
        ChildExit? exit;

        // Whoever waits for its end meanwhile takes none of its stops.
        while ((exit = child.TryReap()) is null)
        {
            try
            {
                Assert.Equal(child.Pid, Tracee.Run(child.Pid, tracee => (int)tracee.Call(SYS_getpid)));
                calls++;
            }
            catch (LinuxException exception) when (exception.Error is Errno.ESRCH or Errno.ECHILD or Errno.ENOSYS)
            {
                // It is ending, or has not begun.
            }
        }

        Assert.True(exit.Value.Code == 0, $"exit code {exit.Value.Code} after {calls} calls: {File.ReadAllText(_file)}");
        Assert.True(calls > 10, $"{calls} calls");
    }

    [Fact]
    public async Task Somebody_who_waits_for_the_end_of_what_is_traced_gets_the_end()
    {
        var child = Start("import time; time.sleep(1000)");
        var waited = Task.Run(child.Wait, TestContext.Current.CancellationToken);
        var clock = Stopwatch.StartNew();
        for (int count = 0; count < 200; count++)
        {
            Assert.Equal(child.Pid, Tracee.Run(child.Pid, tracee => (int)tracee.Call(SYS_getpid)));
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{clock.Elapsed.TotalMilliseconds / 200:F2} ms each");
        Assert.False(waited.IsCompleted);
        child.Signal(SIGKILL);
        Assert.Equal(SIGKILL, (await waited).Signal);
        _children.Remove(child);
    }

    [Fact]
    public void What_fails_in_between_leaves_it_as_it_was()
    {
        var child = Start("import time; time.sleep(0.3)");

        Assert.Throws<InvalidOperationException>(() => Tracee.Run<int>(child.Pid, _ => throw new InvalidOperationException()));

        Assert.Equal(0, child.Wait().Code);
        Assert.Equal(Errno.ENOSYS, Assert.Throws<LinuxException>(() => Tracee.Run(4_000_000, _ => 0)).Error);
        _children.Remove(child);
    }

    private Pidfd Start(string script)
    {
        using var nothing = FileCalls.Open("/dev/null", FileCalls.O_RDWR);
        using var output = FileCalls.Open(_file, FileCalls.O_WRONLY);
        var child = Pidfd.Open(Spawner.Spawn("/usr/bin/python3", ["python3", "-c", $"open('{_file}', 'w').write('here')\n{script}"], ["PATH=/usr/bin:/bin"], nothing, output, directory: "/"));
        _children.Add(child);
        var clock = Stopwatch.StartNew();
        while (File.ReadAllText(_file) != "here" && clock.Elapsed < TimeSpan.FromSeconds(10))
        {
            Assert.False(child.AwaitEnd(TimeSpan.FromMilliseconds(2)));
        }

        return child;
    }
}
