using System.Buffers.Binary;
using System.IO.Hashing;
using Figment.Migration.Images;
using Figment.Migration.Memory;
using Figment.Tests;

namespace Figment.Migration.Tests.Memory;

/// <summary>Which page is where.</summary>
public sealed class PageIndexTests(ITestOutputHelper output)
{
    private const int HeadBytes = 16;
    private const int DigestBytes = 16;
    private const long Pages = 7;

    private static readonly PageRun[] Sample = [new(0x1000, 3, 2, 1), new(0x3000, 0, 1, 4), new(0x7fff_ffff_0000, 5, 2, 2), new(0x7fff_ffff_4000, 1, 2, 3)];

    [Fact]
    public void What_is_written_is_read() => Assert.Equal(Sample, PageIndex.Parse("", PageIndex.ToBytes(Sample), Pages));

    [Fact]
    public void One_of_nothing_is_one() => Assert.Empty(PageIndex.Parse("", PageIndex.ToBytes([]), 0));

    [Fact]
    public void One_changed_bit_anywhere_is_noticed_and_so_is_an_end_that_is_missing()
    {
        byte[] whole = PageIndex.ToBytes(Sample);
        for (int bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] changed = [.. whole];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<ImageException>(() => PageIndex.Parse("", changed, Pages));
        }

        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<ImageException>(() => PageIndex.Parse("", whole.AsSpan(0, length), Pages));
        }
    }

    [Theory]
    [InlineData(0x1001, 0, 1)]
    [InlineData(0x1000, -1, 1)]
    [InlineData(0x1000, 0, 0)]
    [InlineData(0x1000, 0, -1)]
    [InlineData(0x1000, 1, 1)]
    [InlineData(0x1000, 0, 2)]
    [InlineData(0x1000, int.MaxValue, 1)]
    [InlineData(0x1000, 0, int.MaxValue)]
    [InlineData(0x00ff_ffff_ffff_f000, 0, 2)]
    [InlineData(-4096, 0, 1)]
    public void Runs_that_cannot_be_are_refused(long address, int place, int pages) =>
        Assert.Throws<ImageException>(() => PageIndex.Parse("", PageIndex.ToBytes([new((ulong)address, place, pages, 0)]), 1));

    [Fact]
    public void A_place_belongs_to_one_page_and_a_page_to_one_place()
    {
        Assert.Throws<ImageException>(() => PageIndex.Parse("", PageIndex.ToBytes([new(0x1000, 0, 1, 0), new(0x2000, 0, 1, 0)]), 2));
        Assert.Throws<ImageException>(() => PageIndex.Parse("", PageIndex.ToBytes([new(0x1000, 0, 2, 0), new(0x2000, 2, 1, 0)]), 3));
        Assert.Throws<ImageException>(() => PageIndex.Parse("", PageIndex.ToBytes([new(0x2000, 0, 1, 0), new(0x1000, 1, 1, 0)]), 2));
        Assert.Throws<ImageException>(() => PageIndex.Parse("", PageIndex.ToBytes([new(0x1000, 0, 1, 0)]), 2));
    }

    /// <summary>With a digest that is right: what is refused then is refused for what it says.</summary>
    [Fact, Trait("fuzz", "page-index")]
    public void Fuzz_page_index() => new FuzzRun("page-index", output).Run(random =>
    {
        byte[] bytes = PageIndex.ToBytes(Sample);
        for (int changes = random.Next(4); changes > 0; changes--)
        {
            switch (random.Next(4))
            {
                case 0 when bytes.Length > 0:
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes = bytes[..random.Next(bytes.Length + 1)];
                    break;
                case 2 when bytes.Length > HeadBytes + sizeof(int):
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(random.Next(12, bytes.Length - sizeof(int))), random.Next(2) == 0 ? random.Next(12) : random.Next());
                    break;
                case 3:
                    int from = random.Next(bytes.Length + 1);
                    bytes = [.. bytes[..from], .. bytes[random.Next(from, bytes.Length + 1)..], .. new byte[random.Next(3) * 20]];
                    break;
            }
        }

        if (bytes.Length >= DigestBytes && random.Next(8) > 0)
        {
            XxHash128.Hash(bytes.AsSpan(0, bytes.Length - DigestBytes), bytes.AsSpan(bytes.Length - DigestBytes));
        }

        try
        {
            var runs = PageIndex.Parse("", bytes, Pages);
            Assert.Equal(Enumerable.Range(0, (int)Pages), runs.SelectMany(run => Enumerable.Range(run.Place, run.Pages)).Order());
            Assert.Equal((int)Pages, runs.SelectMany(run => Enumerable.Range(0, run.Pages).Select(page => run.Address + ((ulong)page * 4096))).Distinct().Count());
            Assert.Equal(bytes, PageIndex.ToBytes([.. runs]));
            return true;
        }
        catch (ImageException)
        {
            return false;
        }
    });
}
