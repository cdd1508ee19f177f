using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Figment.Migration.Store;

/// <summary>
/// Which pages a pack has, for publications that look for pages that are there already. Nothing is restored by it: records say where their pages are. So a damaged one costs room, not a snapshot.
/// Format, little-endian: magic, number of blocks; for each its offset, stored bytes, pages, encoding, checksum, and its pages' addresses; the hash of all that.
/// </summary>
internal sealed class PackIndex
{
    // "FIGPIDX1" in the file.
    private const ulong Magic = 0x3158_4449_5047_4946;
    private const int HeadBytes = sizeof(ulong) + sizeof(int);
    private const int BlockHeadBytes = sizeof(long) + (3 * sizeof(int)) + StoreLimits.HashBytes;

    /// <summary>Blocks, each with the addresses of its pages.</summary>
    public required IReadOnlyList<(StoredBlock Block, PageAddress[] Pages)> Blocks { get; init; }

    public long StoredBytes => Blocks.Sum(block => (long)block.Block.Stored);

    /// <summary>Null: it is damaged, of another version, or of another key.</summary>
    public static PackIndex? Parse(string pack, ReadOnlySpan<byte> bytes, StoreKey? key)
    {
        if (bytes.Length < HeadBytes + StoreLimits.HashBytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic || !Hash(bytes[..^StoreLimits.HashBytes], key).AsSpan().SequenceEqual(bytes[^StoreLimits.HashBytes..]))
        {
            return null;
        }

        List<(StoredBlock, PageAddress[])> blocks = [];
        int count = BinaryPrimitives.ReadInt32LittleEndian(bytes[sizeof(ulong)..]);
        var rest = bytes[HeadBytes..^StoreLimits.HashBytes];
        for (int index = 0; index < count; index++)
        {
            if (rest.Length < BlockHeadBytes)
            {
                return null;
            }

            var block = new StoredBlock
            {
                Pack = pack,
                Offset = BinaryPrimitives.ReadInt64LittleEndian(rest),
                Stored = BinaryPrimitives.ReadInt32LittleEndian(rest[8..]),
                Pages = BinaryPrimitives.ReadInt32LittleEndian(rest[12..]),
                Encoding = (BlockEncoding)BinaryPrimitives.ReadInt32LittleEndian(rest[16..]),
                Checksum = rest.Slice(20, StoreLimits.HashBytes).ToArray(),
            };
            rest = rest[BlockHeadBytes..];
            if (block.Complaint() is not null || rest.Length < block.Pages * StoreLimits.HashBytes)
            {
                return null;
            }

            blocks.Add((block, MemoryMarshal.Cast<byte, PageAddress>(rest[..(block.Pages * StoreLimits.HashBytes)]).ToArray()));
            rest = rest[(block.Pages * StoreLimits.HashBytes)..];
        }

        return rest.IsEmpty ? new PackIndex { Blocks = blocks } : null;
    }

    /// <summary>Null as with <see cref="Parse"/>, or if it is not there, or the pack is shorter than it says.</summary>
    public static PackIndex? TryLoad(StoreFolders folders, string pack, StoreKey? key)
    {
        try
        {
            var file = new FileInfo(folders.Index(pack));
            var index = file is { Exists: true, Length: <= StoreLimits.IndexBytesMax } ? Parse(pack, File.ReadAllBytes(file.FullName), key) : null;
            return index is not null && index.Blocks.All(block => block.Block.Offset + block.Block.Stored <= new FileInfo(folders.Pack(pack)).Length) ? index : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public static int BytesOf(IReadOnlyList<(StoredBlock Block, PageAddress[] Pages)> blocks) =>
        HeadBytes + blocks.Sum(block => BlockHeadBytes + (block.Pages.Length * StoreLimits.HashBytes)) + StoreLimits.HashBytes;

    public byte[] ToBytes(StoreKey? key)
    {
        byte[] bytes = new byte[BytesOf(Blocks)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(sizeof(ulong)), Blocks.Count);
        var rest = bytes.AsSpan(HeadBytes);
        foreach (var (block, pages) in Blocks)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, block.Offset);
            BinaryPrimitives.WriteInt32LittleEndian(rest[8..], block.Stored);
            BinaryPrimitives.WriteInt32LittleEndian(rest[12..], block.Pages);
            BinaryPrimitives.WriteInt32LittleEndian(rest[16..], (int)block.Encoding);
            block.Checksum.CopyTo(rest[20..]);
            MemoryMarshal.AsBytes<PageAddress>(pages).CopyTo(rest[BlockHeadBytes..]);
            rest = rest[(BlockHeadBytes + (pages.Length * StoreLimits.HashBytes))..];
        }

        Hash(bytes.AsSpan(0, bytes.Length - StoreLimits.HashBytes), key).CopyTo(rest);
        return bytes;
    }

    private static byte[] Hash(ReadOnlySpan<byte> content, StoreKey? key)
    {
        byte[] hash = new byte[StoreLimits.HashBytes];
        if (key is null)
        {
            SHA256.HashData(content, hash);
        }
        else
        {
            key.Authenticate(content, hash);
        }

        return hash;
    }
}
