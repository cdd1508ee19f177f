using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using Figment.Linux.Files;
using Figment.Linux.Mounts;
using Figment.Linux.Namespaces;
using Figment.Linux.Processes;
using Figment.Migration.Criu;
using Figment.Migration.Engine;
using Figment.Migration.Images;
using Figment.Migration.Lazy;
using Figment.Migration.Memory;
using Figment.Migration.Snapshots;
using Figment.Migration.Transfer;

namespace Figment.Migration.Tests.Lazy;

/// <summary>A program that is sent while it runs, ends here, and goes on where it came to. With CRIU, as root.</summary>
internal sealed class LazyTree : IDisposable
{
    private const int SIGKILL = 9;
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;
    private const string Parent = "known";

    /// <summary>In a mount namespace of its own, as a machine's programs are, with few mounts: all of them are found again by name.</summary>
    private const string WithFewMounts = """
        awk '$2 != "/" && $2 != "/dev" && $2 != "/proc" { print $2 }' /proc/mounts | sort -r | while read -r mount; do umount --lazy "$mount"; done
        exec "$0" "$@" </dev/null >/dev/null 2>&1
        """;

    private static readonly string[] Mounts = ["/dev", "/proc"];

    private readonly CriuEngine _engine = new(CriuEngineTests.Program());
    private IReadOnlyList<int> _numbers = [];
    private int _tree;

    public string Folder { get; } = Directory.CreateTempSubdirectory("figment-lazy-").FullName;

    /// <summary>Where it came to.</summary>
    public string There => Path.Combine(Folder, "there");

    /// <summary>As CRIU reads it.</summary>
    public string View => Path.Combine(Folder, "view");

    public string Pages => SnapshotManifest.PagesOf(There);

    /// <summary>The daemon of the last restore.</summary>
    public LazyPages? Lazy { get; private set; }

    /// <summary>What it said when it failed.</summary>
    public TaskCompletionSource<string> Failed { get; private set; } = new();

    /// <summary>From the end of the transfer until it was restored.</summary>
    public TimeSpan Took { get; private set; }

    private string Root => Path.Combine(Folder, "root");

    private string Program => Path.Combine(Folder, "program");

    public void Dispose()
    {
        End();
        Lazy?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>It runs, and is then in the folder where it came to.</summary>
    public void Move(string source, params string[] arguments)
    {
        Start(source, arguments);
        Send();
        using var first = Pidfd.Open(_tree);
        first.Wait();
        Eventually(() => !_numbers.Any(number => Directory.Exists($"/proc/{number}")), "their numbers are free");
        _tree = 0;
    }

    /// <summary>Goes on there; what it is asked before it runs is the first that it does.</summary>
    /// <param name="ask">Null: nothing.</param>
    /// <param name="holdsBack">Only what is touched comes.</param>
    /// <param name="before">When its memory has been looked at.</param>
    /// <param name="held">When it is there, and does not run yet.</param>
    /// <param name="runs">Else it is called off.</param>
    public void Restore(string? ask = null, bool holdsBack = false, Action? before = null, Action? held = null, bool runs = true)
    {
        long begun = Stopwatch.GetTimestamp();
        MakeView();
        Lazy?.Dispose();
        var failed = Failed = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Lazy = LazyPages.Listen(View, LazyMemory.Mark(View, Pages), reason => failed.TrySetResult(reason), holder: null, TimeProvider.System);
        Lazy.HoldBack(holdsBack);
        before?.Invoke();
        int? restored = _engine.Restore(Options(Lazy), _ =>
        {
            Ask(ask);
            held?.Invoke();
            return runs;
        });
        Took = Stopwatch.GetElapsedTime(begun);
        Assert.Equal(runs, restored is not null);
        _tree = restored ?? 0;
        Continue();
    }

    /// <summary>The same of images that have all of its memory, as those of a machine on storage.</summary>
    /// <param name="ask">What it does first.</param>
    /// <param name="first">What comes first.</param>
    /// <param name="held">When it is there, and does not run yet.</param>
    public void RestoreWhole(string? ask = null, WorkingSet? first = null, Action? held = null)
    {
        long begun = Stopwatch.GetTimestamp();
        MakeView();
        using (var pages = PageFolder.Open(Pages))
        {
            pages.Complete(View);
        }

        Lazy?.Dispose();
        var failed = Failed = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Lazy = LazyPages.Listen(View, LazyMemory.MarkWhole(View, first ?? new WorkingSet()), reason => failed.TrySetResult(reason), holder: null, TimeProvider.System);
        Lazy.HoldBack(held is not null);
        _tree = _engine.Restore(Options(Lazy), _ =>
        {
            Ask(ask);
            held?.Invoke();
            return true;
        }) ?? throw new InvalidOperationException("it was not restored");
        Took = Stopwatch.GetElapsedTime(begun);
        Continue();
    }

    /// <summary>As the images were before there was this.</summary>
    public void RestoreEagerly(string? ask = null)
    {
        long begun = Stopwatch.GetTimestamp();
        MakeView();
        using (var pages = PageFolder.Open(Pages))
        {
            pages.Complete(View);
        }

        _tree = _engine.Restore(Options(null), _ =>
        {
            Ask(ask);
            return true;
        }) ?? throw new InvalidOperationException("it was not restored");
        Took = Stopwatch.GetElapsedTime(begun);
        Continue();
    }

    public void Ask(string? word)
    {
        if (word is not null)
        {
            File.Delete(Program + ".told");
            File.WriteAllText(Program + ".asking", word);
            File.Move(Program + ".asking", Program + ".ask");
        }
    }

    /// <summary>What it told.</summary>
    public string Answer()
    {
        Eventually(() => File.Exists(Program + ".told") || Failed.Task.IsCompleted, "it tells");
        return Failed.Task.IsCompleted ? Failed.Task.Result : File.ReadAllText(Program + ".told");
    }

    public string AskFor(string word)
    {
        Ask(word);
        return Answer();
    }

    /// <summary>How often all was right in a process of <c>writer.c</c>.</summary>
    public long Good(int process)
    {
        string file = $"{Program}.{process}";
        string text = File.Exists(file) ? File.ReadAllText(file).Trim() : "";
        Assert.True(long.TryParse(text is "" ? "0" : text, NumberStyles.None, CultureInfo.InvariantCulture, out long good), text);
        return good;
    }

    public LazyReport AwaitMemory()
    {
        Eventually(() => Lazy!.Done.IsCompletedSuccessfully || Lazy.Failure is not null, "nothing is missing any more");
        Assert.Null(Lazy!.Failure);
        return Lazy.Done.Result;
    }

    public static void Eventually(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        using var pause = new ManualResetEventSlim();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"not within 30 s: {what}");
            pause.Wait(1, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>All of it, if it is there.</summary>
    public void End()
    {
        if (_tree > 0)
        {
            using var first = Pidfd.Open(_tree);
            Signal(SIGKILL);
            first.Wait();
            _tree = 0;
        }
    }

    public IReadOnlyList<int> Processes() =>
        [_tree, .. File.ReadAllText($"/proc/{_tree}/task/{_tree}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture))];

    private void Start(string source, string[] arguments)
    {
        string program = Path.Combine(Folder, Path.GetFileNameWithoutExtension(source));
        using (var compiler = Process.Start(new ProcessStartInfo("gcc", ["-O1", "-pthread", "-o", program, Path.Combine(AppContext.BaseDirectory, source)])))
        {
            compiler!.WaitForExit();
            Assert.Equal(0, compiler.ExitCode);
        }

        using var nothing = FileCalls.Open("/dev/null", FileCalls.O_RDWR);
        _tree = Spawner.Spawn("/usr/bin/unshare", ["unshare", "--mount", "sh", "-c", WithFewMounts, program, Program, .. arguments], ["PATH=/usr/bin:/bin"], nothing, nothing, directory: "/");
        Eventually(() => File.Exists(Program + ".told") || (Good(0) > 0 && Good(1) > 0), "it has filled its memory");
    }

    private void Send()
    {
        string images = Directory.CreateDirectory(Path.Combine(Folder, "images")).FullName;
        Directory.CreateDirectory(Path.Combine(images, Parent));
        Directory.CreateDirectory(There);
        Directory.CreateDirectory(Root);
        Assert.Null(_engine.CheckParent(images, Folder));
        using var received = new TransferFolder(There, Path.Combine(Folder, "there-pages"));
        using var entry = new AnonymousPipeServerStream(PipeDirection.Out);
        using var exit = new AnonymousPipeClientStream(PipeDirection.In, entry.ClientSafePipeHandle);
        var reading = Task.Run(new TransferReader(exit, received).Run, TestContext.Current.CancellationToken);
        var writer = new TransferWriter(entry);
        using (var copy = new MemoryCopy(Processes, writer))
        {
            copy.Run();
            writer.EndRound();
            _engine.Dump(
                new DumpOptions { Pid = _tree, Folder = images, LetPacketsPass = true, Parent = new DumpParent(Parent, Folder), Mounts = Mounts.ToDictionary(mount => mount), Begin = () => Stop(copy, images) },
                () =>
                {
                    copy.Fill(images);
                    foreach (string image in Directory.EnumerateFiles(images, "*.img"))
                    {
                        writer.Send(image);
                    }

                    writer.Complete();
                    return true;
                });
            Assert.Null(copy.Complaint);
        }

        entry.Dispose();
        reading.GetAwaiter().GetResult();
        received.KeepPages();
        Directory.Delete(images, recursive: true);
    }

    private bool Stop(MemoryCopy copy, string images)
    {
        Signal(SIGSTOP);
        _numbers = Processes();
        Eventually(() => Processes().All(pid => File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1][0] == 'T'), "all are stopped");
        copy.Last(Path.Combine(images, Parent));
        return true;
    }

    private void Signal(int signal)
    {
        foreach (int pid in Processes())
        {
            using var process = Pidfd.Open(pid);
            process.Signal(signal);
        }
    }

    private RestoreOptions Options(LazyPages? lazy) => new()
    {
        Folder = View,
        Lazy = lazy,
        LetPacketsPass = true,
        Root = Root,
        Mounts = Mounts.ToDictionary(mount => mount),
        Start = start => NamespaceThread.RunInNew(NamespaceKind.Mount, () =>
        {
            MountCalls.Mount(null, "/", null, MountFlags.Private | MountFlags.Recursive);
            MountCalls.Mount("/", Root, null, MountFlags.Bind);
            return CriuStart.Spawn(start);
        }),
    };

    /// <summary>It was dumped as it stood.</summary>
    private void Continue()
    {
        if (_tree > 0)
        {
            Signal(SIGCONT);
        }
    }

    private void MakeView()
    {
        if (Directory.Exists(View))
        {
            Directory.Delete(View, recursive: true);
        }

        SnapshotView.Write(There, View, TimeSpan.Zero, sameClocks: true, keepsConnections: true);
    }
}
