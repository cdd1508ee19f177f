using Figment.Linux.Memory;
using Figment.Migration.Lazy;

namespace Figment.Migration.Tests.Lazy;

/// <summary>Against a dictionary with a line for each page.</summary>
public sealed class LazyRangesTests
{
    private const int Pages = 200;
    private const ulong PageBytes = 4096;

    [Fact]
    public void What_is_dropped_and_moved_is_where_it_is_said_to_be()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            Dictionary<ulong, ulong> expected = [];
            List<PageRange> first = [];
            for (ulong page = 0; page < Pages;)
            {
                ulong length = (ulong)random.Next(1, 30);
                first.Add(new PageRange(page * PageBytes, (page + length) * PageBytes));
                for (ulong one = page; one < page + length; one++)
                {
                    expected[one] = one;
                }

                page += length + (ulong)random.Next(0, 10);
            }

            var ranges = new LazyRanges(first);
            for (int step = 0; step < 60; step++)
            {
                ulong from = (ulong)random.Next(Pages * 2);
                ulong length = (ulong)random.Next(1, 40);
                if (random.Next(2) == 0)
                {
                    ranges.Drop(from * PageBytes, (from + length) * PageBytes);
                    Drop(expected, from, length);
                }
                else
                {
                    ulong to = random.Next(2) == 0 ? (ulong)random.Next(Pages * 2) : from + (ulong)random.Next(40);
                    ranges.Move(from * PageBytes, to * PageBytes, length * PageBytes);
                    var moved = Drop(expected, from, length);
                    Drop(expected, to, length);
                    foreach (var (page, saved) in moved)
                    {
                        expected[page - from + to] = saved;
                    }
                }

                AssertSame(expected, ranges, seed);
            }

            var copy = ranges.Copy();
            ranges.Drop(0, ulong.MaxValue);
            Assert.Equal(0, ranges.Count);
            AssertSame(expected, copy, seed);
        }
    }

    private static List<KeyValuePair<ulong, ulong>> Drop(Dictionary<ulong, ulong> pages, ulong from, ulong length)
    {
        var dropped = pages.Where(page => page.Key >= from && page.Key < from + length).ToList();
        dropped.ForEach(page => pages.Remove(page.Key));
        return dropped;
    }

    private static void AssertSame(Dictionary<ulong, ulong> expected, LazyRanges ranges, int seed)
    {
        List<(ulong Page, ulong Saved)> found = [];
        for (ulong at = 0; ranges.From(at) is { } range; at = range.End)
        {
            Assert.True(range.Start >= at && range.End > range.Start, $"seed {seed}");
            for (ulong address = range.Start; address < range.End; address += PageBytes)
            {
                found.Add((address / PageBytes, range.SavedOf(address) / PageBytes));
                Assert.Equal(range, ranges.From(address));
            }
        }

        Assert.Equal(expected.OrderBy(page => page.Key).Select(page => (page.Key, page.Value)), found);
        Assert.Equal(found.Count == 0, ranges.Count == 0);
        if (found.Count > 0)
        {
            Assert.Equal(found[^1].Page, (ranges.Descending.First().End / PageBytes) - 1);
        }
    }
}
