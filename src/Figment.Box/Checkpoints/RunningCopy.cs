using Figment.Box.Diagnostics;
using Figment.Migration.Engine;
using Figment.Migration.Memory;

namespace Figment.Box.Checkpoints;

/// <summary>The memory of a machine that goes on, copied while it runs: it stands still for what it wrote meanwhile only. The rest of the snapshot is CRIU's.</summary>
internal sealed class RunningCopy : IDisposable
{
    /// <summary>Within the folder of the dump.</summary>
    private const string Parent = "known";

    private const string Pages = "copied";

    private readonly string _images;
    private readonly PageFolder? _pages;
    private readonly MemoryCopy _copy;

    private RunningCopy(string images, string facts, Func<IReadOnlyList<int>> processes, IPageSink? sink)
    {
        (_images, DumpParent) = (images, new DumpParent(Parent, facts));
        Directory.CreateDirectory(Path.Combine(images, Parent));
        _pages = sink is null ? new PageFolder(Path.Combine(images, Pages)) : null;
        _copy = new MemoryCopy(processes, sink ?? _pages!);
    }

    public DumpParent DumpParent { get; }

    /// <summary>What is left when the machine stands still is not copied then: it can be read until the machine goes on (<see cref="Read"/>).</summary>
    public bool Owes { get; set; }

    /// <summary>Null: it may. Else why not.</summary>
    public string? OwingComplaint => _copy.OwingComplaint();

    /// <summary>The pages that each round has found so far.</summary>
    public IReadOnlyList<long> Rounds { get; private set; } = [];

    /// <summary>Copies until little is left. Null: it cannot be done here, and CRIU writes all of it.</summary>
    /// <param name="engine">Leaves out what is copied.</param>
    /// <param name="images">The folder of the dump.</param>
    /// <param name="facts">Where facts of the kernel are kept.</param>
    /// <param name="processes">The machine's.</param>
    /// <param name="log">For why not.</param>
    /// <param name="sink">Gets the memory; null: the snapshot does.</param>
    /// <param name="waits">Nothing is copied before the machine stands still.</param>
    /// <param name="told">Hears the bytes of each round.</param>
    public static RunningCopy? Begin(ICheckpointEngine engine, string images, string facts, Func<IReadOnlyList<int>> processes, BoxLog log, IPageSink? sink = null, bool waits = false, Action<long>? told = null)
    {
        if (engine.CheckParent(images, facts) is { } complaint)
        {
            log.Warn($"snapshot: the machine stands still while all of its memory is written: {complaint}");
            return null;
        }

        var copy = new RunningCopy(images, facts, processes, sink);
        try
        {
            if (waits)
            {
                copy._copy.Follow();
            }
            else
            {
                copy.Again(told);
            }

            if (copy._copy.Complaint is { } partly)
            {
                log.Warn($"snapshot: the machine stands still while some of its memory is written: {partly}");
            }

            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>Something else took its time: once more, until little is left.</summary>
    public void Again(Action<long>? told = null) => Rounds = [.. Rounds, .. _copy.Run(told)];

    /// <summary>It will stand still at once: a round more, however much it finds.</summary>
    public void Once() => _copy.Round();

    /// <summary>The machine stands still, and is not dumped yet.</summary>
    public void Last() => _copy.Last(Path.Combine(_images, Parent), Owes);

    /// <summary>It is dumped, and still stands.</summary>
    public void Fill() => _copy.Fill(_images);

    /// <summary>It still stands: some of its memory.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void Read(int process, ulong address, Span<byte> into) => _copy.Read(process, address, into);

    /// <summary>It goes on; the snapshot gets its memory, unless another sink has it.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    public void Complete()
    {
        _copy.Dispose();
        _pages?.Complete(_images);
    }

    public void Dispose()
    {
        _copy.Dispose();
        _pages?.Dispose();
        Directory.Delete(Path.Combine(_images, Parent), recursive: true);
    }
}
