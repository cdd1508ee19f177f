using System.Collections;
using Figment.Migration.Memory;

namespace Figment.Migration.Transfer;

/// <summary>Which pages of one process: a bit for each, in blocks where there are any.</summary>
internal sealed class PageSet
{
    private const int BlockPages = 512;

    private readonly Dictionary<ulong, BitArray> _blocks = [];

    public void Add(ulong address, uint pages)
    {
        ulong page = address / MemoryPage.Bytes;
        for (uint count = 0; count < pages; count++, page++)
        {
            if (!_blocks.TryGetValue(page / BlockPages, out var block))
            {
                _blocks[page / BlockPages] = block = new BitArray(BlockPages);
            }

            block[(int)(page % BlockPages)] = true;
        }
    }

    public bool Has(ulong address)
    {
        ulong page = address / MemoryPage.Bytes;
        return _blocks.TryGetValue(page / BlockPages, out var block) && block[(int)(page % BlockPages)];
    }
}
