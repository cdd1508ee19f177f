using Microsoft.Win32.SafeHandles;

namespace Figment.Migration.Memory;

/// <summary>Pages of one process in a file, each at one place, whatever comes for it later. One caller.</summary>
public sealed class PageFile : IDisposable
{
    private const int BlockPages = 512;

    /// <summary>By number of a block of addresses, for each of its pages: one more than its place.</summary>
    private readonly Dictionary<ulong, int[]> _places = [];

    private readonly SafeFileHandle _file;
    private int _count;

    /// <param name="path">Is made anew.</param>
    public PageFile(string path) => _file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);

    /// <summary>How many there are.</summary>
    public int Count => _count;

    /// <exception cref="IOException">There is no room.</exception>
    public void Put(ulong address, ReadOnlySpan<byte> pages)
    {
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

    public bool Has(ulong address) => Find(address) >= 0;

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

    public void Dispose() => _file.Dispose();

    private static (ulong Block, int Index) Split(ulong address) => (address / (MemoryPage.Bytes * BlockPages), (int)(address / MemoryPage.Bytes % BlockPages));

    /// <summary>-1: it has none.</summary>
    private int Find(ulong address)
    {
        var (block, index) = Split(address);
        return _places.TryGetValue(block, out int[]? places) ? places[index] - 1 : -1;
    }

    private int MakePlace(ulong address)
    {
        var (block, index) = Split(address);
        if (!_places.TryGetValue(block, out int[]? places))
        {
            _places[block] = places = new int[BlockPages];
        }

        return (places[index] == 0 ? places[index] = ++_count : places[index]) - 1;
    }
}
