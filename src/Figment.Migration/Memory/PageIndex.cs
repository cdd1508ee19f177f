using System.Buffers.Binary;
using System.Collections;
using System.IO.Hashing;
using Figment.Migration.Images;
using Figment.Migration.Transfer;

namespace Figment.Migration.Memory;

/// <summary>
/// The file that says where in a file of pages each page is, little-endian: a head (8 bytes that say what it is, 4 the format, 4 how many runs), the runs in ascending order of their addresses
/// (8 bytes address, 4 place, 4 pages, 4 turn), XXH128 of all before. The digest is against mistakes.
/// </summary>
internal static class PageIndex
{
    private const ulong Magic = 0x7865646e49676946;
    private const uint FormatNow = 1;
    private const int HeadBytes = 16;
    private const int RunBytes = 20;
    private const int DigestBytes = 16;

    public static byte[] ToBytes(IReadOnlyCollection<PageRun> runs)
    {
        byte[] bytes = new byte[HeadBytes + (runs.Count * RunBytes) + DigestBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), FormatNow);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), runs.Count);
        foreach (var (index, run) in runs.Index())
        {
            var at = bytes.AsSpan(HeadBytes + (index * RunBytes), RunBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(at, run.Address);
            BinaryPrimitives.WriteInt32LittleEndian(at[8..], run.Place);
            BinaryPrimitives.WriteInt32LittleEndian(at[12..], run.Pages);
            BinaryPrimitives.WriteUInt32LittleEndian(at[16..], run.Turn);
        }

        XxHash128.Hash(bytes.AsSpan(0, bytes.Length - DigestBytes), bytes.AsSpan(bytes.Length - DigestBytes));
        return bytes;
    }

    /// <param name="name">For what is said of it.</param>
    /// <param name="bytes">All of it.</param>
    /// <param name="pages">How many the file of pages has; null: there is none, and places are in the order of addresses.</param>
    /// <exception cref="ImageException">It is damaged, or of another file: each page of the file belongs to one address, and the other way round.</exception>
    public static IReadOnlyList<PageRun> Parse(string name, ReadOnlySpan<byte> bytes, long? pages)
    {
        if (bytes.Length < HeadBytes + DigestBytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic)
        {
            throw new ImageException(name, 0, "it is no index of pages");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) is var format && format != FormatNow)
        {
            throw new ImageException(name, 8, $"it is of format {format}, this Figment knows {FormatNow}");
        }

        var contents = bytes[..^DigestBytes];
        if (!XxHash128.Hash(contents).AsSpan().SequenceEqual(bytes[^DigestBytes..]))
        {
            throw new ImageException(name, contents.Length, "its digest is another: it is damaged");
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        return (ulong)(contents.Length - HeadBytes) == (ulong)count * RunBytes
            ? Runs(name, contents[HeadBytes..], pages)
            : throw new ImageException(name, 12, $"it has {contents.Length - HeadBytes} bytes for {count} runs");
    }

    private static List<PageRun> Runs(string name, ReadOnlySpan<byte> bytes, long? pages)
    {
        List<PageRun> runs = new(bytes.Length / RunBytes);
        ulong end = 0;
        long sum = 0;
        for (int offset = 0; offset < bytes.Length; offset += RunBytes)
        {
            var at = bytes[offset..];
            var run = new PageRun(BinaryPrimitives.ReadUInt64LittleEndian(at), BinaryPrimitives.ReadInt32LittleEndian(at[8..]), BinaryPrimitives.ReadInt32LittleEndian(at[12..]), BinaryPrimitives.ReadUInt32LittleEndian(at[16..]));
            if (run.Address % MemoryPage.Bytes != 0
                || run.Address < end
                || run.Pages < 1
                || run.Place < 0
                || run.Place > (pages ?? int.MaxValue) - run.Pages
                || run.Address > TransferLimits.AddressEnd - ((ulong)run.Pages * MemoryPage.Bytes))
            {
                throw new ImageException(name, HeadBytes + offset, $"{run.Pages} pages at {run.Address:x}, from place {run.Place} of {pages ?? sum} on, cannot be");
            }

            if (pages is null && run.Place != sum)
            {
                throw new ImageException(name, HeadBytes + offset, $"place {sum} belongs to no page, or to two");
            }

            runs.Add(run);
            end = run.End;
            sum += run.Pages;
        }

        if (pages is null)
        {
            return runs;
        }

        if (sum != pages)
        {
            throw new ImageException(name, HeadBytes, $"it has {sum} pages, the file {pages}");
        }

        // As many as there are places, all within the file: if none is taken twice all are taken.
        var taken = new BitArray((int)sum);
        foreach (var run in runs)
        {
            for (int place = run.Place; place < run.Place + run.Pages; place++)
            {
                if (taken[place])
                {
                    throw new ImageException(name, HeadBytes, $"place {place} belongs to two pages");
                }

                taken[place] = true;
            }
        }

        return runs;
    }
}
