using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ZstdSharp;

namespace Figment.Migration.Store;

/// <summary>Between a block's pages and the bytes that are stored. One thread at a time uses it: it keeps its buffers.</summary>
internal sealed class BlockCodec : IDisposable
{
    private readonly StoreKey? _key;
    private readonly Compressor? _compressor;
    private readonly Decompressor _decompressor = new();
    private readonly byte[] _compressed = new byte[Compressor.GetCompressBound(StoreLimits.BlockBytes)];
    private readonly byte[] _sealed = new byte[StoreLimits.StoredBlockBytesMax];

    /// <param name="key">Null: nothing is encrypted.</param>
    /// <param name="level">Of zstd; 0: nothing is compressed.</param>
    public BlockCodec(StoreKey? key, int level)
    {
        _key = key;
        _compressor = level == 0 ? null : new Compressor(level);
    }

    public void Dispose()
    {
        _compressor?.Dispose();
        _decompressor.Dispose();
    }

    /// <summary>What is to be stored: valid until the next call.</summary>
    /// <param name="pages">Whole pages.</param>
    /// <param name="pack">Where it will be,</param>
    /// <param name="offset">and at which byte.</param>
    /// <param name="block">What the record says of it.</param>
    public ReadOnlySpan<byte> Encode(ReadOnlySpan<byte> pages, string pack, long offset, out StoredBlock block)
    {
        var encoding = BlockEncoding.Plain;
        var stored = pages;
        if (_compressor is not null)
        {
            int length = _compressor.Wrap(pages, _compressed);
            if (length < pages.Length)
            {
                encoding = BlockEncoding.Zstd;
                stored = _compressed.AsSpan(0, length);
            }
        }

        if (_key is not null)
        {
            var result = _sealed.AsSpan(0, stored.Length + StoreKey.OverheadBytes);
            _key.Seal(stored, result, Place(pack, offset));
            stored = result;
        }

        block = new StoredBlock
        {
            Pack = pack,
            Offset = offset,
            Stored = stored.Length,
            Pages = pages.Length / StoreLimits.PageBytes,
            Encoding = encoding,
            Checksum = SHA256.HashData(stored),
        };
        return stored;
    }

    /// <summary>Null: the pages are there; otherwise why not.</summary>
    /// <param name="block">What the record says.</param>
    /// <param name="stored">What its pack has in that place.</param>
    /// <param name="pages">Gets as many as the record says.</param>
    public string? Decode(StoredBlock block, ReadOnlySpan<byte> stored, Span<byte> pages)
    {
        Span<byte> checksum = stackalloc byte[StoreLimits.HashBytes];
        SHA256.HashData(stored, checksum);
        if (!checksum.SequenceEqual(block.Checksum))
        {
            return "its checksum is wrong";
        }

        if (_key is not null)
        {
            if (stored.Length < StoreKey.OverheadBytes)
            {
                return "it is too short to be encrypted";
            }

            var plain = _sealed.AsSpan(0, stored.Length - StoreKey.OverheadBytes);
            if (!_key.TryOpen(stored, plain, Place(block.Pack, block.Offset)))
            {
                return "it was not encrypted with this store's key for this place";
            }

            stored = plain;
        }

        if (block.Encoding == BlockEncoding.Zstd)
        {
            try
            {
                int length = _decompressor.Unwrap(stored, pages);
                return length == pages.Length ? null : $"it has {length} bytes instead of {pages.Length}";
            }
            catch (ZstdException exception)
            {
                return $"it is not compressed as it should be ({exception.Message})";
            }
        }

        if (stored.Length != pages.Length)
        {
            return $"it has {stored.Length} bytes instead of {pages.Length}";
        }

        stored.CopyTo(pages);
        return null;
    }

    private static byte[] Place(string pack, long offset)
    {
        byte[] place = new byte[sizeof(long) + Encoding.ASCII.GetByteCount(pack)];
        BinaryPrimitives.WriteInt64LittleEndian(place, offset);
        Encoding.ASCII.GetBytes(pack, place.AsSpan(sizeof(long)));
        return place;
    }
}
