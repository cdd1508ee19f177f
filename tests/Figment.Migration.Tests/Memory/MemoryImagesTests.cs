using Figment.Linux.Memory;
using Figment.Migration.Images;
using Figment.Migration.Memory;
using Figment.Tests;

namespace Figment.Migration.Tests.Memory;

public sealed class MemoryImagesTests(ITestOutputHelper output) : IDisposable
{
    private const int PageBytes = 4096;
    private const uint InParent = 1;
    private const uint Present = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-images-").FullName;

    private string Map => Path.Combine(_folder, "pagemap-7.img");

    private string Pages => Path.Combine(_folder, "pages-3.img");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_left_out_stands_between_what_was_not()
    {
        Write((0x1000, 2, Present), (0x8000, 3, InParent), (0xc000, 1, Present | 2), (0xf000, 1, InParent));
        File.WriteAllBytes(Pages, Filled(1, 2, 3));
        Assert.Equal([new PageRange(0x8000, 0xb000), new PageRange(0xf000, 0x10000)], MemoryImages.LeftOut(_folder, 7));

        // As a page file has them: not all that is wanted at once.
        MemoryImages.Complete(_folder, 7, (address, into) =>
        {
            into[..PageBytes].Fill((byte)(address >> 12));
            return PageBytes;
        });

        Assert.Equal([1, 2, 8, 9, 10, 3, 15], File.ReadAllBytes(Pages).Chunk(PageBytes).Select(page => Assert.Single(page.Distinct())));
        Assert.Empty(MemoryImages.LeftOut(_folder, 7));
        var map = ImageFile.Load(Map, ImageKind.PageMap);
        Assert.Equal([Present, Present, Present | 2, Present], Enumerable.Range(1, 4).Select(index => map.Read(index, PageMapEntry.Parser).Flags));
    }

    [Fact]
    public void A_page_that_nobody_has_and_pages_that_are_cut_off_are_errors_and_change_nothing()
    {
        Write((0x1000, 2, Present), (0x8000, 1, InParent));
        File.WriteAllBytes(Pages, Filled(1, 2));

        Assert.Contains("nobody has page 8000", Assert.Throws<ImageException>(() => MemoryImages.Complete(_folder, 7, (_, _) => 0)).Message, StringComparison.Ordinal);
        Assert.Equal(2 * PageBytes, new FileInfo(Pages).Length);
        File.WriteAllBytes(Pages, Filled(1));
        Assert.Contains("its map has more pages", Assert.Throws<ImageException>(() => MemoryImages.Complete(_folder, 7, (_, into) => PageBytes)).Message, StringComparison.Ordinal);
        Assert.Single(MemoryImages.LeftOut(_folder, 7));
    }

    /// <summary>One entry goes over two mappings and a hole.</summary>
    [Fact]
    public void What_may_come_later_is_marked_and_the_rest_stands_in_the_images()
    {
        Write((0x1000, 2, Present | 2), (0x8000, 8, InParent), (0x20000, 1, InParent));
        File.WriteAllBytes(Pages, Filled(1, 2));
        var marked = MemoryImages.MarkLazy(
            _folder,
            7,
            (address, into) =>
            {
                into[..PageBytes].Fill((byte)(address >> 12));
                return PageBytes;
            },
            [new PageRange(0x1000, 0x3000), new PageRange(0x9000, 0xb000), new PageRange(0xb000, 0xc000), new PageRange(0xe000, 0x12000)]);

        Assert.Equal([new PageRange(0x9000, 0xb000), new PageRange(0xb000, 0xc000), new PageRange(0xe000, 0x10000)], marked);
        Assert.Equal([1, 2, 8, 12, 13, 32], File.ReadAllBytes(Pages).Chunk(PageBytes).Select(page => Assert.Single(page.Distinct())));
        var map = ImageFile.Load(Map, ImageKind.PageMap);
        Assert.Equal(
            [(0x1000ul, 2ul, Present), (0x8000ul, 1ul, Present), (0x9000ul, 2ul, 2u), (0xb000ul, 1ul, 2u), (0xc000ul, 2ul, Present), (0xe000ul, 2ul, 2u), (0x20000ul, 1ul, Present)],
            Enumerable.Range(1, map.Count - 1).Select(index => map.Read(index, PageMapEntry.Parser)).Select(entry => (entry.Address, entry.Pages, entry.Flags)));
    }

    /// <summary>Of a process that could not be followed: its pages, which may be many, are not written again.</summary>
    [Fact]
    public void Of_a_dump_that_has_all_only_the_map_changes()
    {
        Write((0x1000, 2, Present | 2), (0x8000, 1, Present));
        File.WriteAllBytes(Pages, Filled(1, 2, 3));
        var before = new FileInfo(Pages).LastWriteTimeUtc;
        Assert.Empty(MemoryImages.MarkLazy(_folder, 7, (_, _) => 0, [new PageRange(0x1000, 0x9000)]));
        Assert.Equal(before, new FileInfo(Pages).LastWriteTimeUtc);
        var map = ImageFile.Load(Map, ImageKind.PageMap);
        Assert.Equal([Present, Present], Enumerable.Range(1, 2).Select(index => map.Read(index, PageMapEntry.Parser).Flags));
    }

    /// <summary>CRIU counts places in the file by all entries that have pages, also by those over which it passes.</summary>
    [Fact]
    public void Of_a_dump_that_has_all_what_may_come_later_is_marked_and_stays_where_it_is()
    {
        Write((0x1000, 2, Present), (0x8000, 4, Present | 2), (0x10000, 1, InParent));
        File.WriteAllBytes(Pages, Filled(1, 2, 8, 9, 10, 11));
        var (path, runs) = MemoryImages.PagesOf(_folder, 7);
        Assert.Equal((Pages, 6 * PageBytes), (path, (int)new FileInfo(Pages).Length));
        Assert.Equal([new PageRun(0x1000, 0, 2, 0), new PageRun(0x8000, 2, 4, 0)], runs);

        var marked = MemoryImages.MarkPresent(_folder, 7, [new PageRange(0x2000, 0x3000), new PageRange(0x9000, 0xb000), new PageRange(0x10000, 0x11000)]);

        Assert.Equal([new PageRange(0x2000, 0x3000), new PageRange(0x9000, 0xb000)], marked);
        Assert.Equal(6 * PageBytes, new FileInfo(Pages).Length);
        var map = ImageFile.Load(Map, ImageKind.PageMap);
        Assert.Equal(
            [(0x1000ul, 1ul, Present), (0x2000ul, 1ul, Present | 2), (0x8000ul, 1ul, Present), (0x9000ul, 2ul, Present | 2), (0xb000ul, 1ul, Present), (0x10000ul, 1ul, InParent)],
            Enumerable.Range(1, map.Count - 1).Select(index => map.Read(index, PageMapEntry.Parser)).Select(entry => (entry.Address, entry.Pages, entry.Flags)));
        Assert.Equal(runs, MemoryImages.PagesOf(_folder, 7).Runs.Aggregate(new List<PageRun>(), Join));

        static List<PageRun> Join(List<PageRun> joined, PageRun run)
        {
            if (joined.Count > 0 && joined[^1].End == run.Address)
            {
                joined[^1] = joined[^1] with { Pages = joined[^1].Pages + run.Pages };
            }
            else
            {
                joined.Add(run);
            }

            return joined;
        }
    }

    [Fact]
    public void Pages_that_are_cut_off_are_an_error_before_anything_is_marked()
    {
        Write((0x1000, 2, Present), (0x8000, 4, Present));
        File.WriteAllBytes(Pages, Filled(1, 2, 8, 9, 10));
        Assert.Contains("its map has more pages", Assert.Throws<ImageException>(() => MemoryImages.PagesOf(_folder, 7)).Message, StringComparison.Ordinal);
        File.Delete(Pages);
        Assert.Contains("its map has more pages", Assert.Throws<ImageException>(() => MemoryImages.PagesOf(_folder, 7)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Places_that_cannot_be_are_refused()
    {
        Write((0x1001, 1, InParent));
        Assert.Throws<ImageException>(() => MemoryImages.LeftOut(_folder, 7));
        Write((0x1000, ulong.MaxValue / 2, InParent));
        Assert.Throws<ImageException>(() => MemoryImages.LeftOut(_folder, 7));
    }

    [Fact, Trait("fuzz", "page-maps")]
    public void Maps_with_bits_turned_are_understood_or_refused_by_name()
    {
        Write((0x1000, 2, Present), (0x8000, 3, InParent), (0xc000, 1, Present));
        byte[] good = File.ReadAllBytes(Map);
        new FuzzRun("page-maps", output).Run(random =>
        {
            byte[] input = [.. good];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                input[random.Next(input.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(Map, input);
            File.WriteAllBytes(Pages, Filled(1, 2, 3));
            try
            {
                // Of what it may claim only so much is looked at.
                bool isLarge = MemoryImages.LeftOut(_folder, 7).Aggregate(0ul, (sum, range) => sum + range.Length) > 1 << 20;
                if (!isLarge)
                {
                    MemoryImages.PagesOf(_folder, 7);
                    MemoryImages.MarkPresent(_folder, 7, [new PageRange(0x2000, 0x9000)]);
                    MemoryImages.Complete(_folder, 7, (_, into) => into.Length);
                }

                return true;
            }
            catch (ImageException)
            {
                return false;
            }
        });
    }

    private static byte[] Filled(params byte[] values) => [.. values.SelectMany(value => Enumerable.Repeat(value, PageBytes))];

    private void Write(params (ulong Address, ulong Pages, uint Flags)[] entries)
    {
        var map = ImageFile.Empty(Map, ImageKind.PageMap);
        map.Add(new PageMapHead { PagesId = 3 });
        foreach (var (address, pages, flags) in entries)
        {
            map.Add(new PageMapEntry { Address = address, FewPages = (uint)Math.Min(pages, uint.MaxValue), Pages = pages, Flags = flags });
        }

        map.Save(Map);
    }
}
