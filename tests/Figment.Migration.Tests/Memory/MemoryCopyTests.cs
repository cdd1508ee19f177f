using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using Figment.Linux.Files;
using Figment.Linux.Memory;
using Figment.Linux.Processes;
using Figment.Migration.Criu;
using Figment.Migration.Engine;
using Figment.Migration.Images;
using Figment.Migration.Memory;
using Figment.Migration.Transfer;

namespace Figment.Migration.Tests.Memory;

/// <summary>Memory that is copied while it is written, with CRIU for the rest: as root, where ./test has put it.</summary>
public sealed class MemoryCopyTests : IDisposable
{
    private const int SIGKILL = 9;
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;
    private const int RestartableSequenceBytes = 32;
    private const string Parent = "known";

    /// <summary>Of the range that <c>writer.c</c> protects, and gives back.</summary>
    private const ulong ChurnedBytes = 512 * 4096;


    /// <summary>In a mount namespace of its own, as a machine's programs are: CRIU refuses network namespaces of others that are mounted in it.</summary>
    private const string WithoutForeignMounts = """umount --all --lazy --types nsfs; exec "$0" "$@" </dev/null >/dev/null 2>&1""";

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-copy-").FullName;
    private readonly CriuEngine _engine = new(CriuEngineTests.Program());
    private int _tree;

    private string Images => Path.Combine(_folder, "images");

    private string Progress => Path.Combine(_folder, "progress");

    public void Dispose()
    {
        if (_tree > 0)
        {
            End(_tree);
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_dump_leaves_memory_out_on_this_kernel()
    {
        Assert.Null(_engine.CheckParent(Images, _folder));
        Assert.Contains("/run/x is in the folder", _engine.CheckParent("/run/x", _folder), StringComparison.Ordinal);
    }

    /// <summary>As after an update of CRIU, which takes only what itself has written.</summary>
    [Fact]
    public void What_is_known_of_the_kernel_is_learned_anew_when_it_is_of_no_use()
    {
        int tree = Start();
        Directory.CreateDirectory(Path.Combine(Images, Parent));
        Assert.Null(_engine.CheckParent(Images, _folder));
        string facts = Directory.GetFiles(_folder, "*-tracking.kdat").Single();
        File.WriteAllBytes(facts, new byte[new FileInfo(facts).Length]);
        var options = new DumpOptions { Pid = tree, Folder = Images, LeaveRunning = true, Parent = new DumpParent(Parent, _folder) };

        TestContext.Current.TestOutputHelper!.WriteLine(Assert.Throws<CriuException>(() => _engine.Dump(options, () => true)).Message);
        Assert.False(File.Exists(facts));
        Assert.Null(_engine.CheckParent(Images, _folder));
        _engine.Dump(options, () => true);
        long then = Good(0);
        Eventually(() => Good(0) > then + 3, "it goes on");
    }

    [Fact]
    public void A_dump_has_the_memory_that_was_copied_as_it_was_when_the_tree_stood_still()
    {
        int tree = Start();
        Assert.Null(_engine.CheckParent(Images, _folder));
        Directory.CreateDirectory(Path.Combine(Images, Parent));
        using (var pages = new PageFolder(Path.Combine(_folder, "pages")))
        {
            long written = 0;
            long unreadable = 0;
            using (var copy = new MemoryCopy(() => Processes(tree), pages))
            {
                var rounds = copy.Run();
                Assert.Null(copy.Complaint);
                Assert.True(rounds[0] > 12_000, $"{rounds[0]} pages in the first round");
                _engine.Dump(
                    new DumpOptions { Pid = tree, Folder = Images, LeaveRunning = true, Parent = new DumpParent(Parent, _folder), Begin = () => Stop(copy, tree) },
                    () =>
                    {
                        written = Directory.GetFiles(Images, "pages-*.img").Sum(file => new FileInfo(file).Length);
                        unreadable = Processes(tree).Sum(pid => MappedArea.Of(pid).Count(area => area is { IsReadable: false, IsShared: false, Length: ChurnedBytes })) * (long)ChurnedBytes;
                        copy.Fill(Images);
                        return true;
                    });
                TestContext.Current.TestOutputHelper!.WriteLine($"rounds: {string.Join(", ", rounds)}");
            }

            // It writes itself what cannot be read: a program may have stood still between its two calls of mprotect(2).
            Assert.InRange(written, 0, (1 << 20) + unreadable);
            pages.Complete(Images);
        }

        AssertSameAndWell(Images, tree);
    }

    /// <summary>Through a pipe into another folder, as to another node.</summary>
    [Fact]
    public async Task A_tree_that_is_sent_while_it_runs_is_whole_where_it_comes_to()
    {
        int tree = Start();
        Assert.Null(_engine.CheckParent(Images, _folder));
        Directory.CreateDirectory(Path.Combine(Images, Parent));
        string there = Directory.CreateDirectory(Path.Combine(_folder, "there")).FullName;
        using var received = new TransferFolder(there, Path.Combine(_folder, "there-pages"));
        using var entry = new AnonymousPipeServerStream(PipeDirection.Out);
        using var exit = new AnonymousPipeClientStream(PipeDirection.In, entry.ClientSafePipeHandle);
        var reading = Task.Run(new TransferReader(exit, received).Run, TestContext.Current.CancellationToken);
        var writer = new TransferWriter(entry);
        string sent = "";
        try
        {
            using (var copy = new MemoryCopy(() => Processes(tree), writer))
            {
                copy.Run();
                writer.EndRound();
                Eventually(() => received.Rounds == 1, "the first rounds are there while it runs");
                _engine.Dump(
                    new DumpOptions { Pid = tree, Folder = Images, LeaveRunning = true, Parent = new DumpParent(Parent, _folder), Begin = () => Stop(copy, tree) },
                    () =>
                    {
                        copy.Fill(Images);
                        foreach (string image in Directory.EnumerateFiles(Images, "*.img"))
                        {
                            writer.Send(image);
                        }

                        sent = writer.Complete();
                        return true;
                    });
                Assert.Null(copy.Complaint);
            }
        }
        finally
        {
            // Whoever still reads would keep the other end from being closed.
            await entry.DisposeAsync();
        }

        Assert.Equal(sent, await reading);
        received.Complete();
        TestContext.Current.TestOutputHelper!.WriteLine($"{writer.Bytes} bytes");
        AssertSameAndWell(there, tree);
    }

    /// <summary>The tree still stands; then it goes on.</summary>
    private void AssertSameAndWell(string images, int tree)
    {
        foreach (int process in Processes(tree))
        {
            AssertSame(images, process);
        }

        Signal(tree, SIGCONT);
        foreach (int process in new[] { 0, 1 })
        {
            long then = Good(process);
            Eventually(() => Good(process) > then + 3, "its memory is right");
        }
    }

    /// <summary>Every page that the dump has is the process's, which has not moved since; but the kernel writes the processor's number where threads want it (rseq(2)) whenever CRIU makes one run.</summary>
    private static void AssertSame(string images, int process)
    {
        var map = ImageFile.Load(Path.Combine(images, $"pagemap-{process}.img"), ImageKind.PageMap);
        using var pages = File.OpenRead(Path.Combine(images, $"pages-{map.Read(0, PageMapHead.Parser).PagesId}.img"));
        using var memory = ProcessMemory.Open(process);
        byte[] saved = new byte[4096];
        byte[] there = new byte[4096];
        List<string> moved = [];
        long count = 0;
        for (int index = 1; index < map.Count; index++)
        {
            var entry = map.Read(index, PageMapEntry.Parser);
            Assert.Equal(4u, entry.Flags & 5);
            for (ulong page = 0; page < entry.Pages; page++, count++)
            {
                pages.ReadExactly(saved);
                RandomAccess.Read(memory, there, (long)(entry.Address + (page * 4096)));
                if (!saved.AsSpan().SequenceEqual(there))
                {
                    int[] differing = [.. Enumerable.Range(0, 4096).Where(at => saved[at] != there[at])];
                    moved.Add($"page {entry.Address + (page * 4096):x} of process {process}: bytes {string.Join(", ", differing.Take(40).Select(at => $"{at:x}: {saved[at]:x} {there[at]:x}"))}");
                    Assert.True(differing[^1] - differing[0] <= RestartableSequenceBytes, $"{moved[^1]}; {string.Join("; ", MappedArea.Of(process).Where(area => area.Name == "" && area.Length >= ChurnedBytes))}");
                }
            }
        }

        Assert.Equal(pages.Length, pages.Position);
        Assert.True(moved.Count <= 1, string.Join("; ", moved));
        moved.ForEach(TestContext.Current.TestOutputHelper!.WriteLine);
        Assert.True(count > 6_000, $"{count} pages");
    }

    private static IReadOnlyList<int> Processes(int tree) =>
        [tree, .. File.ReadAllText($"/proc/{tree}/task/{tree}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture))];

    private static void Signal(int tree, int signal)
    {
        foreach (int pid in Processes(tree))
        {
            using var process = Pidfd.Open(pid);
            process.Signal(signal);
        }
    }

    private static void Eventually(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        using var pause = new ManualResetEventSlim();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"not within 20 s: {what}");
            pause.Wait(5, TestContext.Current.CancellationToken);
        }
    }

    private int Start()
    {
        Directory.CreateDirectory(Images);
        string program = Path.Combine(_folder, "writer");
        using (var compiler = Process.Start(new ProcessStartInfo("gcc", ["-O1", "-o", program, Path.Combine(AppContext.BaseDirectory, "writer.c")])))
        {
            compiler!.WaitForExit();
            Assert.Equal(0, compiler.ExitCode);
        }

        using var nothing = FileCalls.Open("/dev/null", FileCalls.O_RDWR);
        _tree = Spawner.Spawn("/usr/bin/unshare", ["unshare", "--mount", "sh", "-c", WithoutForeignMounts, program, Progress], ["PATH=/usr/bin:/bin"], nothing, nothing, directory: "/");
        Eventually(() => Good(0) > 0 && Good(1) > 0, "both write");
        return _tree;
    }

    /// <summary>It stands still, as a frozen machine does.</summary>
    private bool Stop(MemoryCopy copy, int tree)
    {
        Signal(tree, SIGSTOP);
        Eventually(() => Processes(tree).All(pid => File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1][0] == 'T'), "all are stopped");
        copy.Last(Path.Combine(Images, Parent));
        return true;
    }

    /// <summary>How often all of a process's memory was right.</summary>
    private long Good(int process)
    {
        string file = $"{Progress}.{process}";
        if (!File.Exists(file))
        {
            return 0;
        }

        string text = File.ReadAllText(file).Trim();
        Assert.True(long.TryParse(text is "" ? "0" : text, NumberStyles.None, CultureInfo.InvariantCulture, out long good), text);
        return good;
    }

    /// <summary>A child of this process, and all below it.</summary>
    private static void End(int tree)
    {
        using var first = Pidfd.Open(tree);
        Signal(tree, SIGKILL);
        first.Wait();
    }
}
