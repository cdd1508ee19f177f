using System.Runtime.ExceptionServices;
using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>
/// Reads all pages of a snapshot, each block once, on several threads, and checks them: a block by its checksum, a file by the digest of all its pages in order.
/// What it hands out before it returns is not to be believed.
/// </summary>
internal sealed class SnapshotReader
{
    private readonly StoreFolders _folders;
    private readonly StoreKey? _key;
    private readonly SnapshotRecord _record;
    private readonly PageAddress[]?[] _pages;
    private readonly List<PageRun>?[] _runs;

    public SnapshotReader(StoreFolders folders, StoreKey? key, SnapshotRecord record)
    {
        (_folders, _key, _record) = (folders, key, record);
        _runs = new List<PageRun>?[record.Blocks.Count];
        _pages = new PageAddress[]?[record.Entries.Count];
        var zeros = PageAddress.Of(new byte[StoreLimits.PageBytes], key);
        foreach (var (number, entry) in record.Entries.Index().Where(entry => entry.Item.HasContent))
        {
            _pages[number] = new PageAddress[entry.PageCount];
            Plan(number, entry.Pages!, zeros);
        }
    }

    /// <summary>Gets pages that are not zeros, of one file, in order of their place: entry, first page, content. Called by several threads, each for a block.</summary>
    public delegate void PageSink(RecordEntry entry, long page, ReadOnlySpan<byte> content);

    /// <exception cref="SnapshotException">Something is not as it was.</exception>
    /// <exception cref="IOException">The sink throws it.</exception>
    public void Run(PageSink? sink, int threads, CancellationToken cancellation)
    {
        try
        {
            Parallel.For(
                0,
                _runs.Length,
                new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, threads), CancellationToken = cancellation },
                () => new Worker(_key),
                (number, state, worker) =>
                {
                    if (_runs[number] is { } runs && !state.IsStopped)
                    {
                        Read(_record.Blocks[number], runs, worker, sink);
                    }

                    return worker;
                },
                worker => worker.Dispose());
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }

        foreach (var (number, entry) in _record.Entries.Index().Where(entry => entry.Item.HasContent))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!PageAddress.DigestOf(_pages[number], entry.Length, _key).AsSpan().SequenceEqual(entry.Digest))
            {
                throw StoreFaults.Damaged(_record.Id, $"the pages of {entry.Path} are not those that were put there");
            }
        }
    }

    private void Plan(int entry, int[] pages, PageAddress zeros)
    {
        long at = 0;
        for (int run = 0; run < pages.Length; run += 3)
        {
            var (block, first, count) = (pages[run], pages[run + 1], pages[run + 2]);
            if (block < 0)
            {
                _pages[entry].AsSpan((int)at, count).Fill(zeros);
            }
            else
            {
                (_runs[block] ??= []).Add(new PageRun(entry, at, first, count));
            }

            at += count;
        }
    }

    private void Read(StoredBlock block, List<PageRun> runs, Worker worker, PageSink? sink)
    {
        string path = _folders.Pack(block.Pack);
        string first = _record.Entries[runs[0].Entry].Path;
        var stored = worker.Stored.AsSpan(0, block.Stored);
        var pages = worker.Pages.AsSpan(0, block.Pages * StoreLimits.PageBytes);
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            int count = 0;
            while (count < stored.Length && RandomAccess.Read(file, stored[count..], block.Offset + count) is > 0 and var more)
            {
                count += more;
            }

            if (count < stored.Length)
            {
                throw StoreFaults.Damaged(_record.Id, $"{path}, which has pages of {first}, ends at byte {block.Offset + count}");
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw StoreFaults.Damaged(_record.Id, $"{path}, which has pages of {first}, is missing", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreFaults.Refused($"snapshot {_record.Id}: pages of {first} cannot be read from {path}", _folders.Root, exception);
        }

        if (worker.Codec.Decode(block, stored, pages) is { } complaint)
        {
            throw StoreFaults.Damaged(_record.Id, $"{path} at byte {block.Offset}, which has pages of {first}: {complaint}");
        }

        foreach (var run in runs)
        {
            var content = pages.Slice(run.First * StoreLimits.PageBytes, run.Count * StoreLimits.PageBytes);
            for (int page = 0; page < run.Count; page++)
            {
                _pages[run.Entry]![run.At + page] = PageAddress.Of(content.Slice(page * StoreLimits.PageBytes, StoreLimits.PageBytes), _key);
            }

            sink?.Invoke(_record.Entries[run.Entry], run.At, content);
        }
    }

    /// <summary>Pages of an entry that follow each other in a block.</summary>
    /// <param name="Entry">Its number.</param>
    /// <param name="At">The first page, of the entry.</param>
    /// <param name="First">The same page, of the block.</param>
    /// <param name="Count">How many.</param>
    private readonly record struct PageRun(int Entry, long At, int First, int Count);

    /// <summary>What one thread needs.</summary>
    private sealed class Worker(StoreKey? key) : IDisposable
    {
        public BlockCodec Codec { get; } = new(key, level: 0);

        public byte[] Stored { get; } = new byte[StoreLimits.StoredBlockBytesMax];

        public byte[] Pages { get; } = new byte[StoreLimits.BlockBytes];

        public void Dispose() => Codec.Dispose();
    }
}
