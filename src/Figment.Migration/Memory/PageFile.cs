using Figment.Linux.Memory;
using Figment.Migration.Images;
using Figment.Migration.Transfer;
using Microsoft.Win32.SafeHandles;

namespace Figment.Migration.Memory;

/// <summary>Pages of one process in a file, each at one place, whatever comes for it later. One caller.</summary>
public sealed class PageFile : IDisposable
{
    private const int BlockPages = 512;
    private const string IndexSuffix = ".index";
    private const string OwedSuffix = ".owed";

    /// <summary>By number of a block of addresses, for each of its pages: one more than its place, and the turn in which it came last.</summary>
    private readonly Dictionary<ulong, (int Place, uint Turn)[]> _places = [];

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private int _count;
    private uint _turn;

    /// <param name="path">Is made anew.</param>
    public PageFile(string path)
    {
        // Of one that was truncated ext4 writes everything to the disk when it is closed, and whoever closes it waits.
        File.Delete(path);
        (_path, _file) = (path, File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite));
    }

    private PageFile(string path, SafeFileHandle file) => (_path, _file) = (path, file);

    /// <summary>Pages that come later, when they are asked for. What is in the file for them does not count.</summary>
    internal PageSet Owed { get; } = new();

    /// <summary>How many there are.</summary>
    public int Count => _count;

    /// <summary>One that was kept, to be read.</summary>
    /// <exception cref="ImageException">It is damaged, or cut off.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static PageFile Open(string path)
    {
        var handle = File.OpenHandle(path);
        var file = new PageFile(path, handle);
        try
        {
            long bytes = RandomAccess.GetLength(handle);
            if (bytes % MemoryPage.Bytes != 0)
            {
                throw new ImageException(path, bytes, "it ends within a page");
            }

            foreach (var run in PageIndex.Parse(path + IndexSuffix, File.ReadAllBytes(path + IndexSuffix), bytes / MemoryPage.Bytes))
            {
                file.Add(run);
            }

            if (File.Exists(path + OwedSuffix))
            {
                foreach (var run in PageIndex.Parse(path + OwedSuffix, File.ReadAllBytes(path + OwedSuffix), null))
                {
                    file.Owed.Add(run.Address, (uint)run.Pages);
                }
            }

            return file;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>One that is another's, to be read.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static PageFile Of(string path, IEnumerable<PageRun> runs)
    {
        var file = new PageFile(path, File.OpenHandle(path));
        foreach (var run in runs)
        {
            file.Add(run);
        }

        return file;
    }

    /// <exception cref="IOException">There is no room.</exception>
    public void Put(ulong address, ReadOnlySpan<byte> pages)
    {
        _turn++;
        Owed.Remove(address, (uint)(pages.Length / MemoryPage.Bytes));
        while (!pages.IsEmpty)
        {
            int first = MakePlace(address);
            int run = 1;
            while (run * MemoryPage.Bytes < pages.Length && MakePlace(address + (ulong)(run * MemoryPage.Bytes)) == first + run)
            {
                run++;
            }

            int length = run * MemoryPage.Bytes;
            RandomAccess.Write(_file, pages[..length], (long)first * MemoryPage.Bytes);
            pages = pages[length..];
            address += (ulong)length;
        }
    }

    /// <summary>These come later.</summary>
    public void Owe(PageRange range) => Owed.Add(range.Start, (uint)(range.Length / MemoryPage.Bytes));

    /// <summary>Reads as many pages from there on as stand one behind the other in the file, and fit.</summary>
    /// <returns>The bytes read; 0: it does not have the first.</returns>
    public int Read(ulong address, Span<byte> into)
    {
        int first = Find(address);
        if (first < 0)
        {
            return 0;
        }

        int run = 1;
        while ((run + 1) * MemoryPage.Bytes <= into.Length && Find(address + (ulong)(run * MemoryPage.Bytes)) == first + run)
        {
            run++;
        }

        return RandomAccess.Read(_file, into[..(run * MemoryPage.Bytes)], (long)first * MemoryPage.Bytes);
    }

    /// <summary>Writes beside it what <see cref="Open"/> needs to know.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    public void Keep()
    {
        File.WriteAllBytes(_path + IndexSuffix, PageIndex.ToBytes([.. Runs()]));
        if (Owed.Count > 0)
        {
            File.WriteAllBytes(_path + OwedSuffix, PageIndex.ToBytes([.. Owed.Runs()]));
        }
    }

    /// <summary>The first page of a range that it does not have and is not owed; null: there is none.</summary>
    internal ulong? Lacks(PageRange range)
    {
        for (ulong page = range.Start; page < range.End;)
        {
            var (block, first) = Split(page);
            _places.TryGetValue(block, out var places);
            for (int index = first; index < BlockPages && page < range.End; index++, page += MemoryPage.Bytes)
            {
                if ((places is null || places[index].Place == 0) && !Owed.Has(page))
                {
                    return page;
                }
            }
        }

        return null;
    }

    /// <summary>All that it has, in ascending order.</summary>
    internal IEnumerable<PageRun> Runs()
    {
        PageRun run = default;
        foreach (var (block, places) in _places.OrderBy(block => block.Key))
        {
            for (int index = 0; index < BlockPages; index++)
            {
                var (place, turn) = places[index];
                ulong address = ((block * BlockPages) + (ulong)index) * MemoryPage.Bytes;
                if (place != 0 && run.Pages > 0 && address == run.End && place - 1 == run.Place + run.Pages && turn == run.Turn)
                {
                    run = run with { Pages = run.Pages + 1 };
                }
                else if (place != 0)
                {
                    if (run.Pages > 0)
                    {
                        yield return run;
                    }

                    run = new PageRun(address, place - 1, 1, turn);
                }
            }
        }

        if (run.Pages > 0)
        {
            yield return run;
        }
    }

    public void Dispose() => _file.Dispose();

    private static (ulong Block, int Index) Split(ulong address) => (address / (MemoryPage.Bytes * BlockPages), (int)(address / MemoryPage.Bytes % BlockPages));

    private void Add(PageRun run)
    {
        for (int page = 0; page < run.Pages;)
        {
            var (block, index) = Split(run.Address + ((ulong)page * MemoryPage.Bytes));
            for (var places = PlacesOf(block); index < BlockPages && page < run.Pages; index++, page++)
            {
                places[index] = (run.Place + page + 1, run.Turn);
            }
        }

        _count += run.Pages;
        _turn = Math.Max(_turn, run.Turn);
    }

    /// <summary>-1: it has none.</summary>
    private int Find(ulong address)
    {
        var (block, index) = Split(address);
        return _places.TryGetValue(block, out var places) && !Owed.Has(address) ? places[index].Place - 1 : -1;
    }

    private int MakePlace(ulong address)
    {
        ref var slot = ref Slot(address);
        slot = (slot.Place == 0 ? ++_count : slot.Place, _turn);
        return slot.Place - 1;
    }

    private ref (int Place, uint Turn) Slot(ulong address)
    {
        var (block, index) = Split(address);
        return ref PlacesOf(block)[index];
    }

    private (int Place, uint Turn)[] PlacesOf(ulong block)
    {
        if (!_places.TryGetValue(block, out var places))
        {
            _places[block] = places = new (int, uint)[BlockPages];
        }

        return places;
    }
}
