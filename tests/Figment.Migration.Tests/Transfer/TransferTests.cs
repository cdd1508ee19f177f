using System.Buffers.Binary;
using Figment.Linux.Memory;
using Figment.Migration.Transfer;
using Figment.Tests;

namespace Figment.Migration.Tests.Transfer;

/// <summary>What is sent comes, and nothing else does.</summary>
public sealed class TransferTests(ITestOutputHelper output) : IDisposable
{
    private const int PageBytes = 4096;
    private const ulong High = 0x7fff_ffff_0000;

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-transfer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Pages_rounds_and_files_come_as_they_were_sent()
    {
        using var stream = new MemoryStream();
        var writer = new TransferWriter(stream);
        writer.Put(1, High, Pages(1, 0, 0, 2));
        writer.Put(7, 0x1000, Pages(Enumerable.Repeat((byte)3, 700).ToArray()));
        writer.EndRound();
        writer.Put(1, High, Pages(9));
        writer.EndRound();
        writer.Send(File("core-1.img", 3_000_000));
        writer.Send(File("empty", 0));
        string digest = writer.Complete();
        Assert.Equal(stream.Length, writer.Bytes);
        Assert.Null(writer.Lacks(1, new PageRange(High, High + (4 * PageBytes))));
        Assert.Equal(High + (4 * PageBytes), writer.Lacks(1, new PageRange(High, High + (9 * PageBytes))));
        Assert.Equal(0x1000ul + (700 * PageBytes), writer.Lacks(7, new PageRange(0x1000, 0x1000 + (1400 * PageBytes))));
        Assert.Equal(High, writer.Lacks(2, new PageRange(High, High + PageBytes)));
        Assert.Equal(0ul, writer.Lacks(7, new PageRange(0, 0x2000)));

        var target = new KeptTransfer();
        stream.Position = 0;
        Assert.Equal(digest, new TransferReader(stream, target).Run());

        Assert.Equal(704, target.Pages.Count);
        Assert.Equal([9, 0, 0, 2], Enumerable.Range(0, 4).Select(page => Assert.Single(target.Pages[(1, High + (ulong)(page * PageBytes))].Distinct())));
        Assert.Equal([1, 2], target.Rounds);
        Assert.Equal(["core-1.img", "empty"], target.Files.Keys.Order());
        Assert.Equal(System.IO.File.ReadAllBytes(Path.Combine(_folder, "core-1.img")), target.Files["core-1.img"].ToArray());
        Assert.Empty(target.Files["empty"].ToArray());
    }

    [Fact]
    public void Written_files_come_as_they_were_sent()
    {
        byte[] content = new byte[TransferLimits.ContentBytesMax + 10];
        new Random(1).NextBytes(content);
        using var stream = new MemoryStream();
        var writer = new TransferWriter(stream);
        writer.SetLength(3, content.Length);
        writer.Write(3, 5, content);
        writer.Clear(3, 4096, 2);
        writer.Change(content);
        writer.Complete();
        Assert.Equal(stream.Length, writer.Bytes);

        var target = new KeptTransfer();
        stream.Position = 0;
        new TransferReader(stream, target).Run();

        Assert.Equal(["3 has 1048586", "3 at 5: 1048576", "3 at 1048581: 10", "3 at 4096: 2 pages of zeros", "change of 1048586"], target.Kept.Said);
        Assert.Equal(content, target.Kept.Bytes[0].Concat(target.Kept.Bytes[1]));
        Assert.Equal(content, target.Kept.Bytes[2]);
    }

    [Fact]
    public void Zeros_are_told_and_not_sent()
    {
        using var stream = new MemoryStream();
        var writer = new TransferWriter(stream);
        writer.Put(1, High, new byte[1000 * PageBytes]);
        writer.Complete();

        Assert.True(stream.Length < PageBytes, $"{stream.Length} bytes");
        var target = new KeptTransfer();
        stream.Position = 0;
        new TransferReader(stream, target).Run();
        Assert.Equal(1000, target.Pages.Count);
    }

    [Fact]
    public void Cut_off_anywhere_it_is_refused()
    {
        byte[] whole = Sample();
        for (int length = 0; length < whole.Length; length += length < 200 || whole.Length - length < 200 ? 1 : 97)
        {
            Assert.Contains("it ends in the middle", Refused(whole[..length]).Message, StringComparison.Ordinal);
        }

        Assert.Contains("something comes after the end", Refused([.. whole, 0]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_changed_bit_anywhere_is_noticed()
    {
        byte[] whole = Sample();
        for (int at = 0; at < whole.Length; at += at < 100 ? 1 : 41)
        {
            byte[] changed = [.. whole];
            changed[at] ^= (byte)(1 << (at % 8));
            Refused(changed);
        }
    }

    [Theory]
    [InlineData(FrameKind.Pages, 0, 0x1000ul, 1u, "are no memory of a program")]
    [InlineData(FrameKind.Pages, -1, 0x1000ul, 1u, "are no memory of a program")]
    [InlineData(FrameKind.Pages, TransferLimits.ProcessMax + 1, 0x1000ul, 1u, "are no memory of a program")]
    [InlineData(FrameKind.Pages, 1, 0x1001ul, 1u, "are no memory of a program")]
    [InlineData(FrameKind.Pages, 1, 0x1000ul, 0u, "are no memory of a program")]
    [InlineData(FrameKind.Pages, 1, 0x1000ul, TransferLimits.PagesMax + 1u, "are no memory of a program")]
    [InlineData(FrameKind.Zeros, 1, 0x1000ul, uint.MaxValue, "are no memory of a program")]
    [InlineData(FrameKind.Zeros, 1, ulong.MaxValue - 4095, 1u, "are no memory of a program")]
    [InlineData(FrameKind.Zeros, 1, TransferLimits.AddressEnd, 1u, "are no memory of a program")]
    [InlineData(FrameKind.Round, 2, 0ul, 0u, "where 1 is to end")]
    [InlineData(FrameKind.File, 0, 10ul, 0u, "with a name of 0")]
    [InlineData(FrameKind.File, 256, 10ul, 0u, "with a name of 256")]
    [InlineData(FrameKind.File, 1, ulong.MaxValue, 0u, "a file of")]
    [InlineData(FrameKind.Content, -1, 0ul, 1u, "nothing that a machine wrote")]
    [InlineData(FrameKind.Content, 1, 0ul, 0u, "nothing that a machine wrote")]
    [InlineData(FrameKind.Content, 1, 0ul, TransferLimits.ContentBytesMax + 1u, "nothing that a machine wrote")]
    [InlineData(FrameKind.Content, 1, ulong.MaxValue, 1u, "nothing that a machine wrote")]
    [InlineData(FrameKind.Hole, 1, 0ul, 0u, "nothing that a machine wrote")]
    [InlineData(FrameKind.Hole, 1, 0ul, TransferLimits.ZerosMax + 1u, "nothing that a machine wrote")]
    [InlineData(FrameKind.Length, 1, TransferLimits.FileBytesMax + 1ul, 0u, "nothing that a machine wrote")]
    [InlineData(FrameKind.Length, 1, 0ul, 1u, "nothing that a machine wrote")]
    [InlineData(FrameKind.Change, 1, 10ul, 0u, "nothing that a machine wrote")]
    [InlineData(FrameKind.Change, 0, 0ul, 0u, "nothing that a machine wrote")]
    [InlineData(FrameKind.Change, 0, TransferLimits.ChangeBytesMax + 1ul, 0u, "nothing that a machine wrote")]
    [InlineData(FrameKind.Owed, 0, 0x1000ul, 1u, "are no memory of a program")]
    [InlineData(FrameKind.Owed, 1, 0x1000ul, TransferLimits.ZerosMax + 1u, "are no memory of a program")]
    [InlineData((FrameKind)11, 1, 0ul, 0u, "the source is of another version")]
    [InlineData(FrameKind.End, 1, 0ul, 0u, "its head is damaged")]
    internal void What_no_source_sends_is_refused_with_its_place(FrameKind kind, int number, ulong place, uint pages, string problem)
    {
        byte[] bytes = new byte[FrameHead.Bytes + (2 * PageBytes)];
        new FrameHead(kind, number, place, pages).Write(bytes);

        var refusal = Refused(bytes);

        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, refusal.Offset);
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a/b")]
    [InlineData("/etc/passwd")]
    [InlineData("a\0b")]
    [InlineData("\u00ff\u00fe")]
    public void Names_that_lead_elsewhere_are_none(string name)
    {
        // Latin-1, so that one of them is no UTF-8.
        byte[] bytes = [.. new byte[FrameHead.Bytes], .. System.Text.Encoding.Latin1.GetBytes(name)];
        new FrameHead(FrameKind.File, name.Length, 0, 0).Write(bytes);

        Assert.Contains("a file whose name is none", Refused(bytes).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("fuzz", "transfer")]
    public void Fuzz_transfer() => new FuzzRun("transfer", output).Run(random =>
    {
        byte[] bytes = Sample();
        for (int changes = random.Next(4); changes > 0; changes--)
        {
            switch (random.Next(4))
            {
                case 0:
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes = bytes[..random.Next(1, bytes.Length + 1)];
                    break;
                case 2:
                    int from = random.Next(bytes.Length);
                    bytes = [.. bytes[..from], .. bytes[random.Next(from, bytes.Length)..], 0];
                    break;
                case 3 when bytes.Length >= sizeof(int):
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(random.Next(bytes.Length - sizeof(int) + 1)), random.Next());
                    break;
            }
        }

        try
        {
            using var stream = new MemoryStream(bytes);
            new TransferReader(stream, new KeptTransfer { Bounded = true }).Run();
            Assert.True(bytes.AsSpan().SequenceEqual(Sample()), "something else was taken for it");
            return true;
        }
        catch (TransferException)
        {
            return false;
        }
    });

    private static TransferException Refused(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        return Assert.Throws<TransferException>(() => new TransferReader(stream, new KeptTransfer { Bounded = true }).Run());
    }

    private static byte[] Pages(params byte[] values) => [.. values.SelectMany(value => Enumerable.Repeat(value, PageBytes))];

    private byte[] Sample()
    {
        using var stream = new MemoryStream();
        var writer = new TransferWriter(stream);
        writer.Put(1, High, Pages(1, 2, 0));
        writer.SetLength(1, 5000);
        writer.Write(1, 4096, Pages(3).AsSpan(0, 904));
        writer.Clear(1, 0, 1);
        writer.Change("{}"u8.ToArray());
        writer.EndRound();
        writer.Send(File("inventory.img", 300));
        writer.Complete();
        return stream.ToArray();
    }

    private string File(string name, int length)
    {
        string path = Path.Combine(_folder, name);
        if (!System.IO.File.Exists(path))
        {
            byte[] content = new byte[length];
            new Random(length).NextBytes(content);
            System.IO.File.WriteAllBytes(path, content);
        }

        return path;
    }
}
