using Figment.Linux.Memory;
using Figment.Migration.Memory;

namespace Figment.Migration.Tests.Memory;

public sealed class PageFileTests : IDisposable
{
    private const int PageBytes = 4096;
    private const ulong High = 0x7fff_ffff_0000;

    private readonly string _path = Path.GetTempFileName();

    public void Dispose()
    {
        File.Delete(_path);
        File.Delete(_path + ".index");
    }

    [Fact]
    public void What_came_last_for_a_page_is_what_it_has_and_takes_no_more_room()
    {
        using var file = new PageFile(_path);
        file.Put(High, Pages(1, 2, 3));
        file.Put(0x1000, Pages(4));
        file.Put(High + PageBytes, Pages(5, 6, 7));
        Assert.Equal(5, file.Count);
        Assert.Equal(5 * PageBytes, new FileInfo(_path).Length);

        Assert.Equal([1, 5, 6], Read(file, High, 3));
        Assert.Equal([4], Read(file, 0x1000, 3));

        // What stands elsewhere in the file is another read.
        Assert.Equal([6], Read(file, High + (2 * PageBytes), 2));
        Assert.Equal([7], Read(file, High + (3 * PageBytes), 2));
        Assert.Equal([], Read(file, High - PageBytes, 2));
        Assert.Null(file.Lacks(new PageRange(High, High + (4 * PageBytes))));
        Assert.Equal(High + (4 * PageBytes), file.Lacks(new PageRange(High, High + (2048 * PageBytes))));
        Assert.Equal(0ul, file.Lacks(new PageRange(0, 0x2000)));
    }

    /// <summary>Against a dictionary.</summary>
    [Fact]
    public void Pages_in_any_order_are_found_again()
    {
        var random = new Random(20261127);
        Dictionary<ulong, byte> expected = [];
        using var file = new PageFile(_path);
        for (int count = 0; count < 500; count++)
        {
            ulong first = (ulong)random.Next(600) + (ulong)(random.Next(3) * 1_000_000);
            byte[] values = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => (byte)random.Next(1, 256))];
            file.Put(first * PageBytes, Pages(values));
            foreach (var (index, value) in values.Index())
            {
                expected[first + (ulong)index] = value;
            }
        }

        Assert.Equal(expected.Count, file.Count);
        foreach (var (page, value) in expected)
        {
            byte[] read = Read(file, page * PageBytes, 7);
            Assert.Equal(value, read[0]);
            Assert.All(read.Index(), one => Assert.Equal(expected[page + (ulong)one.Index], one.Item));
        }
    }

    [Fact]
    public void One_that_was_kept_has_all_that_it_had_and_in_which_order_it_came()
    {
        using (var file = new PageFile(_path))
        {
            file.Put(High, Pages(1, 2, 3));
            file.Put(0x1000, Pages(4));
            file.Put(High + PageBytes, Pages(5));
            file.Keep();
        }

        using var kept = PageFile.Open(_path);
        Assert.Equal(4, kept.Count);
        Assert.Equal([1, 5, 3], Read(kept, High, 3));
        Assert.Equal([4], Read(kept, 0x1000, 1));
        Assert.Equal([(0x1000ul, 1, 2u), (High, 1, 1u), (High + PageBytes, 1, 3u), (High + (2 * PageBytes), 1, 1u)], kept.Runs().Select(run => (run.Address, run.Pages, run.Turn)));
        Assert.Null(kept.Lacks(new PageRange(High, High + (3 * PageBytes))));
        Assert.Equal(High + (3 * PageBytes), kept.Lacks(new PageRange(High, High + (9 * PageBytes))));
        Assert.Equal(0ul, kept.Lacks(new PageRange(0, 0x2000)));
    }

    private static byte[] Pages(params byte[] values) => [.. values.SelectMany(value => Enumerable.Repeat(value, PageBytes))];

    private static byte[] Read(PageFile file, ulong address, int pages)
    {
        byte[] into = new byte[pages * PageBytes];
        int length = file.Read(address, into);
        Assert.Equal(0, length % PageBytes);
        return [.. into.Take(length).Chunk(PageBytes).Select(page => Assert.Single(page.Distinct()))];
    }
}
