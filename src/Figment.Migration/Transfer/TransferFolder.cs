using Figment.Linux.Memory;
using Figment.Migration.Images;
using Figment.Migration.Memory;
using Figment.Migration.Snapshots;
using Figment.Migration.Written;

namespace Figment.Migration.Transfer;

/// <summary>A transfer's target: the folder of a dump, and its memory beside until all has come. One caller.</summary>
public sealed class TransferFolder : ITransferTarget, IDisposable
{
    private const string ContentsFolder = "trees.contents";

    private readonly string _images;
    private readonly PageFolder _pages;
    private readonly WrittenFolder _written;

    /// <param name="images">Gets the files. There, and empty.</param>
    /// <param name="pages">For the memory, on the same file system or another. Not there yet; goes with this object.</param>
    public TransferFolder(string images, string pages) => (_images, _pages, _written) = (images, new PageFolder(pages), new WrittenFolder(Path.Combine(images, ContentsFolder)));

    /// <summary>How many rounds have come.</summary>
    public int Rounds { get; private set; }

    /// <summary>How many pages its source gives later.</summary>
    public long Owed => _pages.Owed;

    /// <inheritdoc/>
    public IWrittenSink Written => _written;

    /// <inheritdoc/>
    public void Put(int process, ulong address, ReadOnlySpan<byte> pages) => _pages.Put(process, address, pages);

    /// <inheritdoc/>
    public void Owe(int process, PageRange range) => _pages.Owe(process, range);

    /// <inheritdoc/>
    public ulong? Lacks(int process, PageRange range) => _pages.Lacks(process, range);

    /// <inheritdoc/>
    public Stream Create(string name) => new FileStream(Path.Combine(_images, name), FileMode.CreateNew, FileAccess.Write);

    /// <inheritdoc/>
    public void EndRound(int number) => Rounds = number;

    /// <summary>All has come, and the digest is right: the dump gets its memory.</summary>
    /// <exception cref="ImageException">It is damaged, or wants a page that has not come.</exception>
    /// <exception cref="IOException">There is no room.</exception>
    public void Complete() => _pages.Complete(_images);

    /// <summary>The same of a machine: it gets its trees of files too, and becomes a snapshot.</summary>
    /// <exception cref="ImageException">It is damaged, or wants a page that has not come.</exception>
    /// <exception cref="SnapshotException">It is damaged, or of no machine.</exception>
    /// <exception cref="IOException">There is no room.</exception>
    public void CompleteMachine()
    {
        Complete();
        CompleteTrees();
        SnapshotManifest.Load(_images).Save(_images);
    }

    /// <summary>All has come, and the digest is right: the dump is complete with its memory beside it, in <see cref="SnapshotManifest.PagesOf"/>. Nothing of it is written again.</summary>
    /// <exception cref="ImageException">It is damaged, or wants a page that has not come.</exception>
    /// <exception cref="IOException">There is no room, or the memory is on another file system.</exception>
    public void KeepPages() => _pages.Keep(_images, SnapshotManifest.PagesOf(_images));

    /// <summary>The same of a machine: it gets its trees of files too, and becomes a snapshot whose memory comes when it is touched.</summary>
    /// <exception cref="ImageException">It is damaged, or wants a page that has not come.</exception>
    /// <exception cref="SnapshotException">It is damaged, or of no machine.</exception>
    /// <exception cref="IOException">There is no room, or the memory is on another file system.</exception>
    public void CompleteLazily()
    {
        var trees = Task.Run(CompleteTrees);
        try
        {
            KeepPages();
        }
        finally
        {
            Task.WaitAny(trees);
        }

        trees.GetAwaiter().GetResult();
        SnapshotManifest.Load(_images).Save(_images);
    }

    /// <summary>Its trees of files alone.</summary>
    internal void CompleteTrees()
    {
        _written.Complete(_images);
        _written.Dispose();
    }

    public void Dispose()
    {
        _written.Dispose();
        _pages.Dispose();
    }
}
