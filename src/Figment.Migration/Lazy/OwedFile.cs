using System.Numerics;
using Figment.Linux.Memory;
using Figment.Migration.Memory;
using Microsoft.Win32.SafeHandles;

namespace Figment.Migration.Lazy;

/// <summary>Pages of one process that are still where it came from, and a file with a place for each that has come. One caller.</summary>
internal sealed class OwedFile : IDisposable
{
    private const int WordBits = 64;

    private readonly PageRun[] _runs;
    private readonly ulong[] _asked;
    private readonly ulong[] _come;
    private readonly SafeFileHandle _file;

    /// <param name="runs">In ascending order, each page with its place.</param>
    /// <param name="path">Is made anew, with room for all of them: nothing that was promised is lost for want of it.</param>
    /// <exception cref="IOException">There is no room.</exception>
    public OwedFile(IEnumerable<PageRun> runs, string path)
    {
        _runs = [.. runs];
        long pages = _runs.Length == 0 ? 0 : _runs[^1].Place + _runs[^1].Pages;
        _asked = new ulong[(pages + WordBits - 1) / WordBits];
        _come = new ulong[_asked.Length];
        Left = pages;
        File.Delete(path);
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, FileOptions.None, pages * MemoryPage.Bytes);
    }

    /// <summary>How many have not come.</summary>
    public long Left { get; private set; }

    /// <summary>It has not come, and is one of them.</summary>
    public bool Awaits(ulong address) => Place(address) is >= 0 and var place && !Has(_come, place);

    /// <summary>Of a range the first pages that are to be asked for; they count as asked for from now on. Null: none of it is.</summary>
    /// <param name="range">Addresses at which they were dumped.</param>
    /// <param name="most">So many at most.</param>
    public (ulong Address, int Pages)? Ask(PageRange range, int most)
    {
        foreach (var (address, place, pages) in Parts(range))
        {
            int first = Next(_asked, place, place + pages, false);
            if (first < place + pages)
            {
                int end = Next(_asked, first, Math.Min(place + pages, first + most), true);
                for (int index = first; index < end; index++)
                {
                    Set(_asked, index);
                }

                return (address + ((ulong)(first - place) * MemoryPage.Bytes), end - first);
            }
        }

        return null;
    }

    /// <summary>They have come.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Put(ulong address, ReadOnlySpan<byte> pages)
    {
        foreach (var (at, place, count) in Parts(new PageRange(address, address + (ulong)pages.Length)))
        {
            RandomAccess.Write(_file, pages.Slice((int)(at - address), count * MemoryPage.Bytes), (long)place * MemoryPage.Bytes);
            for (int index = place; index < place + count; index++)
            {
                Left -= Has(_come, index) ? 0 : 1;
                Set(_come, index);
                Set(_asked, index);
            }
        }
    }

    /// <summary>As many as have come from there on and fit, one behind the other.</summary>
    /// <returns>The bytes read; 0: the first has not come, or is none of them.</returns>
    public int Read(ulong address, Span<byte> into)
    {
        foreach (var (at, place, pages) in Parts(new PageRange(address, address + (ulong)into.Length)).Take(1))
        {
            int end = Next(_come, place, place + pages, false);
            if (at == address && end > place)
            {
                return RandomAccess.Read(_file, into[..((end - place) * MemoryPage.Bytes)], (long)place * MemoryPage.Bytes);
            }
        }

        return 0;
    }

    /// <summary>Of a range the first pages that need not be waited for. Null: there are none.</summary>
    public PageRange? Ready(PageRange range)
    {
        ulong at = range.Start;
        foreach (var (address, place, pages) in Parts(range))
        {
            if (address > at)
            {
                return new PageRange(at, address);
            }

            int first = Next(_come, place, place + pages, true);
            if (first < place + pages)
            {
                int end = Next(_come, first, place + pages, false);
                return new PageRange(address + ((ulong)(first - place) * MemoryPage.Bytes), address + ((ulong)(end - place) * MemoryPage.Bytes));
            }

            at = address + ((ulong)pages * MemoryPage.Bytes);
        }

        return at < range.End ? new PageRange(at, range.End) : null;
    }

    public void Dispose() => _file.Dispose();

    private static bool Has(ulong[] bits, int index) => (bits[index / WordBits] & (1ul << (index % WordBits))) != 0;

    private static void Set(ulong[] bits, int index) => bits[index / WordBits] |= 1ul << (index % WordBits);

    /// <summary>The first from there on that is so; the end: none is.</summary>
    private static int Next(ulong[] bits, int from, int end, bool value)
    {
        while (from < end)
        {
            ulong word = (value ? bits[from / WordBits] : ~bits[from / WordBits]) >> (from % WordBits);
            if (word != 0)
            {
                return Math.Min(end, from + BitOperations.TrailingZeroCount(word));
            }

            from = ((from / WordBits) + 1) * WordBits;
        }

        return end;
    }

    private int Place(ulong address)
    {
        int index = First(address);
        return index < _runs.Length && _runs[index].Address <= address ? PlaceIn(_runs[index], address) : -1;
    }

    private static int PlaceIn(PageRun run, ulong address) => run.Place + (int)((address - run.Address) / MemoryPage.Bytes);

    /// <summary>What of a range is in one of the runs.</summary>
    private IEnumerable<(ulong Address, int Place, int Pages)> Parts(PageRange range)
    {
        for (int index = First(range.Start); index < _runs.Length && _runs[index].Address < range.End; index++)
        {
            var run = _runs[index];
            ulong start = Math.Max(run.Address, range.Start);
            yield return (start, PlaceIn(run, start), (int)((Math.Min(run.End, range.End) - start) / MemoryPage.Bytes));
        }
    }

    /// <summary>The place of the first run that ends above an address.</summary>
    private int First(ulong address)
    {
        int low = 0;
        int high = _runs.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _runs[middle].End > address ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
