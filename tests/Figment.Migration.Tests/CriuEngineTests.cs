using System.Diagnostics;
using System.Globalization;
using Figment.Linux.Files;
using Figment.Linux.Processes;
using Figment.Migration.Criu;
using Figment.Migration.Engine;

namespace Figment.Migration.Tests;

/// <summary>With CRIU itself: as root, where ./test has put it.</summary>
public sealed class CriuEngineTests : IDisposable
{
    private const int SIGKILL = 9;

    /// <summary>Counts as long as a connection with itself carries the number there and back.</summary>
    private const string Echo = """
        import os, socket, sys, time
        listener = socket.create_server(('127.0.0.1', 0))
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        ballast = bytearray(os.urandom(8 << 20))
        number = 0
        while True:
            client.sendall(number.to_bytes(8, 'big'))
            number = int.from_bytes(server.recv(8), 'big') + 1
            with open(sys.argv[1] + '.new', 'w') as file: file.write(str(number))
            os.rename(sys.argv[1] + '.new', sys.argv[1])
            time.sleep(0.01)
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-criu-").FullName;
    private readonly List<int> _children = [];
    private readonly CriuEngine _engine = new(Program());

    private string Images => Path.Combine(_folder, "images");

    private string Counter => Path.Combine(_folder, "counter");

    public void Dispose()
    {
        foreach (int child in _children)
        {
            using var process = Pidfd.Open(child);
            process.Signal(SIGKILL);
            process.Wait();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void It_works_on_this_kernel() => Assert.Null(_engine.Complaint);

    [Theory]
    [InlineData("/nonexistent/criu", "/nonexistent/criu does not start")]
    [InlineData("/bin/true", "criu ended without an answer")]
    public void What_is_no_criu_is_said_to_be_none(string program, string complaint) =>
        Assert.StartsWith(complaint, new CriuEngine(program).Complaint, StringComparison.Ordinal);

    [Fact]
    public void A_program_comes_back_where_it_was_with_its_connection()
    {
        int pid = StartEcho();
        Dump(pid, commit: true);
        Reap(pid);
        long then = Count();
        Pause(100);
        Assert.Equal(then, Count());

        Restore(commit: true);

        AssertCountsOn();
    }

    /// <summary>The source of a migration that is called off.</summary>
    [Fact]
    public void A_dump_that_is_not_committed_leaves_the_program_and_its_connection_alone()
    {
        int pid = StartEcho();

        Dump(pid, commit: false);

        AssertCountsOn();
    }

    [Fact]
    public void A_program_of_which_a_copy_is_made_goes_on()
    {
        int pid = StartEcho();

        _engine.Dump(new DumpOptions { Pid = pid, Folder = Images, LeaveRunning = true }, () => true);

        AssertCountsOn();
    }

    /// <summary>The target of a migration that is called off; and the same images are good for another attempt.</summary>
    [Fact]
    public void A_restore_that_is_not_committed_runs_nothing_and_may_be_repeated()
    {
        int pid = StartEcho();
        Dump(pid, commit: true);
        Reap(pid);
        long then = Count();

        Restore(commit: false);

        Assert.False(Directory.Exists($"/proc/{pid}"));
        Assert.Equal(then, Count());
        Restore(commit: true);
        AssertCountsOn();
    }

    /// <summary>CRIU waits for ever for what is not in the file.</summary>
    [Fact]
    public void Pages_that_are_cut_off_fail_the_restore_in_time_and_leave_nothing()
    {
        int pid = StartEcho();
        Dump(pid, commit: true);
        Reap(pid);
        string pages = Directory.GetFiles(Images, "pages-*.img").MaxBy(file => new FileInfo(file).Length)!;
        using (var file = File.OpenWrite(pages))
        {
            file.SetLength(file.Length / 2);
        }

        var clock = Stopwatch.StartNew();
        Assert.Throws<CriuException>(() => _engine.Restore(new RestoreOptions { Folder = Images, Patience = TimeSpan.FromSeconds(3) }, _ => true));

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.False(Directory.Exists($"/proc/{pid}"));

        // What kept packets away from it stays until somebody says that it is not needed.
        string table = LockTable.NameOf(Images)!;
        Assert.Contains(table, Tables(), StringComparison.Ordinal);
        LockTable.Remove(Images);
        LockTable.Remove(Images);
        Assert.DoesNotContain(table, Tables(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_dumped_is_named_and_goes_on()
    {
        int pid = Start("""
            import ctypes, sys, time
            userfaultfd = 323
            assert ctypes.CDLL(None).syscall(userfaultfd, 0) >= 0
            with open(sys.argv[1], 'w') as file: file.write('1')
            time.sleep(1000)
            """);

        var refused = Assert.Throws<CriuException>(() => Dump(pid, commit: true));

        Assert.Matches($"^dump of process {pid} failed: .*userfaultfd", refused.Message);
        Assert.NotEmpty(refused.Log);

        // On a busy machine it may not have come to its sleep yet.
        Eventually(() => State(pid) == 'S');
    }

    [Fact]
    public void A_process_that_is_not_there_is_an_error()
    {
        var refused = Assert.Throws<CriuException>(() => Dump(4_000_000, commit: true));

        Assert.StartsWith("dump of process 4000000 failed: ", refused.Message, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper!.WriteLine(refused.Message);
    }

    internal static string Program() =>
        CriuProgram.Find(Environment.GetEnvironmentVariable, Environment.GetEnvironmentVariable("FIGMENT_BIN_DIR") ?? Path.Combine(Root(), "artifacts", "figment"))
        ?? throw new InvalidOperationException("no CRIU: run ./test, which fetches it (eng/install-criu.sh)");

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Figment.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }

    private static string Tables()
    {
        using var nft = Process.Start(new ProcessStartInfo("nft", ["list", "tables", "inet"]) { RedirectStandardOutput = true })!;
        string tables = nft.StandardOutput.ReadToEnd();
        nft.WaitForExit();
        return tables;
    }

    private static void Pause(int ms)
    {
        using var pause = new ManualResetEventSlim();
        pause.Wait(ms, TestContext.Current.CancellationToken);
    }

    private static char State(int pid) => File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1][0];

    private int StartEcho() => Start(Echo);

    private int Start(string script)
    {
        Directory.CreateDirectory(Images);
        using var nothing = FileCalls.Open("/dev/null", FileCalls.O_RDWR);
        int pid = Spawner.Spawn("/usr/bin/python3", ["python3", "-c", script, Counter], ["PATH=/usr/bin:/bin"], nothing, nothing, directory: "/");
        _children.Add(pid);
        Eventually(() => File.Exists(Counter));
        return pid;
    }

    private void Dump(int pid, bool commit) => _engine.Dump(new DumpOptions { Pid = pid, Folder = Images }, () => commit);

    private void Restore(bool commit)
    {
        int? pid = _engine.Restore(new RestoreOptions { Folder = Images }, _ => commit);
        Assert.Equal(commit, pid is not null);
        if (pid is { } restored)
        {
            _children.Add(restored);
        }
    }

    private void Reap(int pid)
    {
        using var process = Pidfd.Open(pid);
        Assert.True(process.AwaitEnd(TimeSpan.FromSeconds(10)), "what was dumped is still there");
        process.Wait();
        _children.Remove(pid);
    }

    private long Count() => long.Parse(File.ReadAllText(Counter), CultureInfo.InvariantCulture);

    private void AssertCountsOn()
    {
        long then = Count();
        Eventually(() => Count() > then + 5);
    }

    private static void Eventually(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), "not within 10 s");
            Pause(10);
        }
    }
}
