using System.Buffers;
using System.Text;
using Figment.Linux.Trees;

namespace Figment.Images.Layers;

/// <summary>
/// Reads tar entries in order from a stream: ustar, pax, GNU long names and files with holes. Own, since the runtime's reader decodes attribute values as text
/// (a capability of a file is binary), refuses names that are not UTF-8, and knows no holes. Throws nothing but <see cref="ImageException"/> for what it reads.
/// </summary>
internal sealed class TarReader(Stream stream, ImageLimits limits, LayerFaults faults)
{
    private const int BlockBytes = 512;

    private readonly byte[] _block = new byte[BlockBytes];
    private long _padding;
    private long _extendedBytes;

    /// <summary>Content of the current entry not read yet.</summary>
    public long Remaining { get; private set; }

    /// <summary>Entries read so far. Extended headers do not count: bytes bound them.</summary>
    public int Entries { get; private set; }

    /// <summary>The next entry, or null at the end. What was not read of the last one is skipped.</summary>
    public TarEntryHeader? Next()
    {
        var extended = new PaxRecords(faults);
        byte[]? longName = null, longLink = null;
        _extendedBytes = 0;
        while (true)
        {
            SkipContent();
            if (!ReadHeaderBlock())
            {
                return extended.IsEmpty && longName is null && longLink is null ? null : throw faults.Corrupt("the archive ends after an extended header");
            }

            var header = ParseHeader();
            switch (header.Type)
            {
                case TarEntryType.ExtendedHeader:
                    extended.Parse(ReadWhole(header));
                    break;
                case TarEntryType.GlobalExtendedHeader:
                    // Comments of git and the like. Docker ignores them too.
                    Begin(Math.Min(header.Size, limits.UnpackedBytesPerLayerMax));
                    break;
                case TarEntryType.LongName:
                    longName = UpToZero(ReadWhole(header)).ToArray();
                    break;
                case TarEntryType.LongLinkName:
                    longLink = UpToZero(ReadWhole(header)).ToArray();
                    break;
                default:
                    if (++Entries > limits.EntriesPerLayerMax)
                    {
                        throw faults.TooLarge($"it has more than {limits.EntriesPerLayerMax} entries");
                    }

                    header.Name = longName ?? header.Name;
                    header.LinkName = longLink ?? header.LinkName;
                    extended.ApplyTo(header);
                    Complete(header);
                    return header;
            }
        }
    }

    /// <summary>Content of the current entry; 0 at its end.</summary>
    public int Read(Span<byte> buffer)
    {
        if (buffer.Length > Remaining)
        {
            buffer = buffer[..(int)Remaining];
        }

        if (buffer.IsEmpty)
        {
            return 0;
        }

        int count = stream.Read(buffer);
        Remaining -= count;
        return count > 0 ? count : throw faults.Corrupt("the archive ends in the middle of an entry");
    }

    private static ReadOnlySpan<byte> UpToZero(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private void Begin(long size)
    {
        Remaining = size;
        _padding = (BlockBytes - (size % BlockBytes)) % BlockBytes;
    }

    private void SkipContent()
    {
        long count = Remaining + _padding;
        (Remaining, _padding) = (0, 0);
        if (count == 0)
        {
            return;
        }

        const int BufferBytes = 64 * 1024;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (count > 0)
            {
                int read = stream.Read(buffer, 0, (int)Math.Min(count, buffer.Length));
                count -= read > 0 ? read : throw faults.Corrupt("the archive ends in the middle of an entry");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>False at the end of the archive: two blocks of zeros, or the end of the stream where a header could stand.</summary>
    private bool ReadHeaderBlock()
    {
        int count = stream.ReadAtLeast(_block, BlockBytes, throwOnEndOfStream: false);
        if (count == 0)
        {
            return false;
        }

        if (count < BlockBytes)
        {
            throw faults.Corrupt("the archive ends in the middle of a header");
        }

        if (_block.AsSpan().ContainsAnyExcept((byte)0))
        {
            return true;
        }

        count = stream.ReadAtLeast(_block, BlockBytes, throwOnEndOfStream: false);
        return _block.AsSpan(0, count).ContainsAnyExcept((byte)0) ? throw faults.Corrupt("the archive has one empty block where it should have two") : false;
    }

    private byte[] ReadWhole(TarEntryHeader header)
    {
        // Counted over all extended headers of one entry: any number may precede it.
        if (header.Size > limits.ExtendedHeaderBytesMax - _extendedBytes)
        {
            throw faults.TooLarge($"an entry's extended headers have more than {limits.ExtendedHeaderBytesMax} bytes");
        }

        _extendedBytes += header.Size;

        Begin(header.Size);
        byte[] content = new byte[header.Size];
        for (int at = 0; at < content.Length;)
        {
            at += Read(content.AsSpan(at));
        }

        return content;
    }

    private TarEntryHeader ParseHeader()
    {
        // Offsets of POSIX.1 ustar: name 0, mode 100, uid 108, gid 116, size 124, mtime 136, chksum 148, typeflag 156, linkname 157, magic 257, prefix 345.
        var block = _block.AsSpan();
        VerifyChecksum(block);
        bool posix = block.Slice(257, 6).SequenceEqual("ustar\0"u8);
        var name = UpToZero(block[..100]);
        var prefix = posix ? UpToZero(block.Slice(345, 155)) : [];
        var header = new TarEntryHeader
        {
            Name = prefix.IsEmpty ? name.ToArray() : [.. prefix, (byte)'/', .. name],
            LinkName = UpToZero(block.Slice(157, 100)).ToArray(),
            Type = (TarEntryType)block[156],
            Mode = (int)(Number(block.Slice(100, 8), "mode") & 0xFFF),
            User = Number(block.Slice(108, 8), "owner"),
            Group = Number(block.Slice(116, 8), "group"),
            Size = Number(block.Slice(124, 12), "size"),
            Modified = new FileTime(Number(block.Slice(136, 12), "time"), 0),
        };
        return header.Size >= 0 ? header : throw faults.Corrupt($"entry \"{LayerFaults.Show(header.Name)}\" has a negative size");
    }

    private long Number(ReadOnlySpan<byte> field, string what) =>
        TarNumbers.TryParseField(field, out long value) ? value : throw faults.Corrupt($"the {what} in a header is no number");

    private void VerifyChecksum(ReadOnlySpan<byte> block)
    {
        const int Start = 148, End = 156;
        long unsigned = 0, signed = 0;
        for (int at = 0; at < block.Length; at++)
        {
            byte value = at is >= Start and < End ? (byte)' ' : block[at];
            unsigned += value;
            signed += (sbyte)value;
        }

        long stated = Number(block[Start..End], "checksum");
        if (stated != unsigned && stated != signed)
        {
            throw faults.Corrupt("a header's checksum is wrong; this is no tar archive, or a damaged one");
        }
    }

    /// <summary>What depends on all headers of the entry together: its type, its content, its holes.</summary>
    private void Complete(TarEntryHeader header)
    {
        if (header.Name.AsSpan().Contains((byte)0) || header.LinkName.AsSpan().Contains((byte)0))
        {
            throw faults.Hostile(header.Name, "has a zero byte in its name");
        }

        if (header.Type is TarEntryType.OldFile or TarEntryType.ContiguousFile)
        {
            header.Type = header.Name is [.., (byte)'/'] ? TarEntryType.Folder : TarEntryType.File;
        }

        if (header.Size > limits.UnpackedBytesPerLayerMax)
        {
            throw faults.TooLarge($"entry \"{LayerFaults.Show(header.Name)}\" has {header.Size} bytes; the limit for a layer is {limits.UnpackedBytesPerLayerMax}");
        }

        bool hasContent = header.Type is not (TarEntryType.HardLink or TarEntryType.SymbolicLink or TarEntryType.Folder or TarEntryType.Fifo
            or TarEntryType.CharacterDevice or TarEntryType.BlockDevice);
        Begin(hasContent ? header.Size : 0);
        if (header.Type == TarEntryType.SparseFile)
        {
            ReadOldSparseMap(header);
            header.Type = TarEntryType.File;
        }
        else if (header.Sparse is { } sparse && header.Type == TarEntryType.File)
        {
            if (sparse.MapInContent)
            {
                ReadSparseMapInContent(sparse);
            }

            Verify(sparse);
        }
    }

    /// <summary>GNU's old form: four pieces in the header (386), more in blocks of 21 that follow while a flag is set.</summary>
    private void ReadOldSparseMap(TarEntryHeader header)
    {
        var sparse = new SparseMap { FileSize = Number(_block.AsSpan(483, 12), "file size") };
        header.Sparse = sparse;
        AddOldPieces(sparse, _block.AsSpan(386, 4 * 24));
        for (bool more = _block[482] != 0; more; more = _block[504] != 0)
        {
            if (stream.ReadAtLeast(_block, BlockBytes, throwOnEndOfStream: false) < BlockBytes)
            {
                throw faults.Corrupt("the archive ends in a map of holes");
            }

            AddOldPieces(sparse, _block.AsSpan(0, 21 * 24));
        }

        Verify(sparse);
    }

    private void AddOldPieces(SparseMap sparse, ReadOnlySpan<byte> pieces)
    {
        for (; !pieces.IsEmpty && pieces[0] != 0; pieces = pieces[24..])
        {
            if (!sparse.TryAdd(Number(pieces[..12], "offset"), Number(pieces.Slice(12, 12), "length")))
            {
                throw faults.Corrupt("a map of holes is not in order");
            }
        }
    }

    /// <summary>pax form 1.0: the content begins with the count and the pieces as decimal lines, filled up to a block.</summary>
    private void ReadSparseMapInContent(SparseMap sparse)
    {
        long before = Remaining;
        long count = ReadDecimalLine();
        for (long at = 0; at < count; at++)
        {
            if (!sparse.TryAdd(ReadDecimalLine(), ReadDecimalLine()))
            {
                throw faults.Corrupt("a map of holes is not in order");
            }
        }

        long rest = (BlockBytes - ((before - Remaining) % BlockBytes)) % BlockBytes;
        for (Span<byte> one = stackalloc byte[1]; rest > 0; rest--)
        {
            if (Read(one) == 0)
            {
                throw faults.Corrupt("a map of holes is cut");
            }
        }
    }

    private long ReadDecimalLine()
    {
        const int DigitsMax = 19;
        var text = new StringBuilder();
        Span<byte> one = stackalloc byte[1];
        while (text.Length <= DigitsMax && Read(one) == 1 && one[0] != '\n')
        {
            text.Append((char)one[0]);
        }

        return TarNumbers.TryParseDecimal(Encoding.Latin1.GetBytes(text.ToString()), out long value) ? value : throw faults.Corrupt("a map of holes has no number where one should be");
    }

    private void Verify(SparseMap sparse)
    {
        if (sparse.FileSize < 0 || !sparse.Fits(Remaining))
        {
            throw faults.Corrupt("a map of holes does not fit its file");
        }
    }
}
