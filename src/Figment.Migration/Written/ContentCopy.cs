using System.IO.Hashing;
using Figment.Linux.Files;
using Figment.Linux.Trees;
using Figment.Migration.Memory;
using Microsoft.Win32.SafeHandles;

namespace Figment.Migration.Written;

/// <summary>One file's content as the sink has it, by hashes of its blocks. What differs is sent. One caller.</summary>
/// <param name="number">By which the sink knows it.</param>
internal sealed class ContentCopy(int number)
{
    /// <summary>What changed within one of these travels with it.</summary>
    public const int BlockBytes = 64 * 1024;

    /// <summary>XXH128 of the blocks that are not all zeros at the sink; zero: it has something else there.</summary>
    private readonly Dictionary<long, UInt128> _blocks = [];

    private long _length = -1;

    public int Number => number;

    public long Length => _length;

    /// <summary>When it was last read.</summary>
    public TreeEntry Stat { get; set; }

    /// <summary>Whether a later change is seen by other stamps.</summary>
    public bool IsSure { get; set; }

    /// <summary>In which it was last read.</summary>
    public int ReadIn { get; set; }

    /// <summary>In which it was last seen.</summary>
    public int SeenIn { get; set; }

    /// <param name="file">At any place.</param>
    /// <param name="length">Its length now. If it has become shorter meanwhile the rest is left as it is.</param>
    /// <param name="buffer">Of a multiple of <see cref="BlockBytes"/>.</param>
    /// <param name="sink">Gets what differs.</param>
    /// <returns>Bytes sent; null: it was shorter.</returns>
    public long? Read(SafeFileHandle file, long length, byte[] buffer, IWrittenSink sink)
    {
        SetLength(length, sink);
        long sent = 0;
        for (long at = 0; at < length;)
        {
            long data = Math.Min(length, SparseFile.NextData(file, at) ?? length);
            long begin = data == length ? length : Math.Max(at, data / BlockBytes * BlockBytes);
            ClearBlocks(at, begin, sink);
            if (begin == length)
            {
                break;
            }

            long end = Math.Min(length, (SparseFile.NextHole(file, data) + BlockBytes - 1) / BlockBytes * BlockBytes);
            for (at = begin; at < end;)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at));
                if (!TryFill(file, at, part))
                {
                    return null;
                }

                for (; !part.IsEmpty; part = part[Math.Min(BlockBytes, part.Length)..])
                {
                    var block = part[..Math.Min(BlockBytes, part.Length)];
                    sent += SendBlock(at, block, sink);
                    at += block.Length;
                }
            }
        }

        return sent;
    }

    private static bool TryFill(SafeFileHandle file, long at, Span<byte> part)
    {
        while (!part.IsEmpty)
        {
            int count = RandomAccess.Read(file, part, at);
            if (count == 0)
            {
                return false;
            }

            at += count;
            part = part[count..];
        }

        return true;
    }

    private void SetLength(long length, IWrittenSink sink)
    {
        if (length == _length)
        {
            return;
        }

        sink.SetLength(number, length);
        if (length < _length)
        {
            foreach (long block in _blocks.Keys.Where(block => block * BlockBytes >= length).ToList())
            {
                _blocks.Remove(block);
            }

            // Of the last one the sink has the beginning only.
            if (_blocks.ContainsKey(length / BlockBytes))
            {
                _blocks[length / BlockBytes] = 0;
            }
        }

        _length = length;
    }

    /// <summary>What lies in a hole.</summary>
    private void ClearBlocks(long from, long to, IWrittenSink sink)
    {
        long first = from / BlockBytes, end = (to + BlockBytes - 1) / BlockBytes;
        if (end - first > _blocks.Count)
        {
            foreach (long block in _blocks.Keys.Where(block => block >= first && block < end).ToList())
            {
                ClearBlock(block, sink);
            }

            return;
        }

        for (long block = first; block < end; block++)
        {
            ClearBlock(block, sink);
        }
    }

    private void ClearBlock(long block, IWrittenSink sink)
    {
        if (_blocks.Remove(block))
        {
            sink.Clear(number, block * BlockBytes, Pages(Math.Min(BlockBytes, _length - (block * BlockBytes))));
        }
    }

    private long SendBlock(long at, ReadOnlySpan<byte> bytes, IWrittenSink sink)
    {
        long block = at / BlockBytes;
        bool isThere = _blocks.TryGetValue(block, out var known);
        if (!bytes.ContainsAnyExcept((byte)0))
        {
            ClearBlock(block, sink);
            return 0;
        }

        var hash = XxHash128.HashToUInt128(bytes);
        if (isThere && hash == known)
        {
            return 0;
        }

        _blocks[block] = hash;
        long sent = 0;
        while (!bytes.IsEmpty)
        {
            bool isZero = IsZero(bytes);
            int run = Math.Min(MemoryPage.Bytes, bytes.Length);
            while (run < bytes.Length && IsZero(bytes[run..]) == isZero)
            {
                run = Math.Min(run + MemoryPage.Bytes, bytes.Length);
            }

            if (!isZero)
            {
                sink.Write(number, at, bytes[..run]);
                sent += run;
            }
            else if (isThere)
            {
                sink.Clear(number, at, Pages(run));
            }

            at += run;
            bytes = bytes[run..];
        }

        return sent;
    }

    private static uint Pages(long bytes) => (uint)((bytes + MemoryPage.Bytes - 1) / MemoryPage.Bytes);

    private static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes[..Math.Min(MemoryPage.Bytes, bytes.Length)].ContainsAnyExcept((byte)0);
}
