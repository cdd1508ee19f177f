using Figment.Linux.Memory;

namespace Figment.Migration.Lazy;

/// <summary>What a process still lacks, by where it is mapped now. One caller.</summary>
internal sealed class LazyRanges
{
    /// <summary>In ascending order, none over another.</summary>
    private readonly List<LazyRange> _ranges;

    /// <param name="ranges">In ascending order, where they were when they were dumped.</param>
    public LazyRanges(IEnumerable<PageRange> ranges) => _ranges = [.. ranges.Select(range => new LazyRange(range.Start, range.End, range.Start))];

    private LazyRanges(List<LazyRange> ranges) => _ranges = ranges;

    /// <summary>How many there are.</summary>
    public int Count => _ranges.Count;

    /// <summary>From the highest on.</summary>
    public IEnumerable<LazyRange> Descending
    {
        get
        {
            for (int index = _ranges.Count - 1; index >= 0; index--)
            {
                yield return _ranges[index];
            }
        }
    }

    /// <summary>The same for a child.</summary>
    public LazyRanges Copy() => new([.. _ranges]);

    /// <summary>The one that has this address, or else the next above it; null: there is none.</summary>
    public LazyRange? From(ulong address) => First(address) is var index && index < _ranges.Count ? _ranges[index] : null;

    /// <summary>What lies there is no longer lacking.</summary>
    public void Drop(ulong start, ulong end) => Take(start, end);

    /// <summary>What lies in a range has other addresses; what was at those is gone.</summary>
    public void Move(ulong from, ulong to, ulong length)
    {
        var moved = Take(from, from + length);
        Take(to, to + length);
        _ranges.InsertRange(First(to), moved.Select(range => new LazyRange(range.Start - from + to, range.End - from + to, range.Saved)));
    }

    /// <summary>The place of the first that ends above it.</summary>
    private int First(ulong address)
    {
        int low = 0;
        int high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].End > address)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    private List<LazyRange> Take(ulong start, ulong end)
    {
        List<LazyRange> taken = [];
        int first = First(start);
        int index = first;
        List<LazyRange> left = [];
        for (; index < _ranges.Count && _ranges[index].Start < end; index++)
        {
            var range = _ranges[index];
            if (range.Start < start)
            {
                left.Add(range.Part(range.Start, start));
            }

            taken.Add(range.Part(Math.Max(range.Start, start), Math.Min(range.End, end)));
            if (range.End > end)
            {
                left.Add(range.Part(end, range.End));
            }
        }

        _ranges.RemoveRange(first, index - first);
        _ranges.InsertRange(first, left);
        return taken;
    }
}
