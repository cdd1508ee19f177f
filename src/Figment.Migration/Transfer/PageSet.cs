using System.Collections;
using Figment.Linux.Memory;
using Figment.Migration.Memory;

namespace Figment.Migration.Transfer;

/// <summary>Which pages of one process: a bit for each, in blocks where there are any.</summary>
internal sealed class PageSet
{
    private const int BlockPages = 512;

    private readonly Dictionary<ulong, BitArray> _blocks = [];

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    public void Add(ulong address, uint pages) => Set(address, pages, true);

    public void Remove(ulong address, uint pages)
    {
        if (Count > 0)
        {
            Set(address, pages, false);
        }
    }

    public bool Has(ulong address)
    {
        ulong page = address / MemoryPage.Bytes;
        return _blocks.TryGetValue(page / BlockPages, out var block) && block[(int)(page % BlockPages)];
    }

    /// <summary>The first page of a range that is not in it; null: all are.</summary>
    public ulong? Lacks(PageRange range)
    {
        for (ulong page = range.Start; page < range.End;)
        {
            ulong number = page / MemoryPage.Bytes;
            if (!_blocks.TryGetValue(number / BlockPages, out var block))
            {
                return page;
            }

            for (int index = (int)(number % BlockPages); index < BlockPages && page < range.End; index++, page += MemoryPage.Bytes)
            {
                if (!block[index])
                {
                    return page;
                }
            }
        }

        return null;
    }

    /// <summary>All of them in ascending order; each has a place, one after the other.</summary>
    public IEnumerable<PageRun> Runs()
    {
        PageRun run = default;
        foreach (var (number, block) in _blocks.OrderBy(block => block.Key))
        {
            for (int index = 0; index < BlockPages; index++)
            {
                ulong address = ((number * BlockPages) + (ulong)index) * MemoryPage.Bytes;
                if (!block[index])
                {
                    continue;
                }

                if (run.Pages > 0 && run.End == address)
                {
                    run = run with { Pages = run.Pages + 1 };
                    continue;
                }

                if (run.Pages > 0)
                {
                    yield return run;
                }

                run = new PageRun(address, run.Place + run.Pages, 1, 0);
            }
        }

        if (run.Pages > 0)
        {
            yield return run;
        }
    }

    private void Set(ulong address, uint pages, bool value)
    {
        ulong page = address / MemoryPage.Bytes;
        for (uint count = 0; count < pages; count++, page++)
        {
            if (!_blocks.TryGetValue(page / BlockPages, out var block))
            {
                if (!value)
                {
                    continue;
                }

                _blocks[page / BlockPages] = block = new BitArray(BlockPages);
            }

            int index = (int)(page % BlockPages);
            Count += value == block[index] ? 0 : value ? 1 : -1;
            block[index] = value;
        }
    }
}
