using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>Takes a snapshot's files page by page: zeros are only counted, pages that are there already are pointed to, others are gathered into blocks. For one publication.</summary>
internal sealed class PagePacker(KnownPages known, PackWriter pack, StoreOptions options, StoreKey? key)
{
    private const int ZeroBlock = -1;

    private readonly List<StoredBlock?> _blocks = [];
    private readonly Dictionary<int, int> _numbers = [];
    private readonly Dictionary<PageAddress, (int Block, int Page)> _added = [];
    private readonly byte[] _block = new byte[StoreLimits.BlockBytes];
    private readonly List<PageAddress> _blockPages = [];

    /// <summary>Of an open block: what it says of itself is known when it is full.</summary>
    private int? _open;

    /// <summary>Reads one file to its end.</summary>
    /// <param name="read">Fills a buffer, or less at the end.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    public (long Length, byte[] Digest, int[] Pages) Add(Func<Memory<byte>, int> read, CancellationToken cancellation)
    {
        long length = 0;
        List<int> runs = [];
        List<PageAddress> addresses = [];
        byte[] buffer = new byte[StoreLimits.BlockBytes];
        while (read(buffer) is > 0 and var count)
        {
            cancellation.ThrowIfCancellationRequested();
            length += count;
            int whole = (count + StoreLimits.PageBytes - 1) / StoreLimits.PageBytes * StoreLimits.PageBytes;
            buffer.AsSpan(count, whole - count).Clear();
            for (int at = 0; at < whole; at += StoreLimits.PageBytes)
            {
                var page = buffer.AsSpan(at, StoreLimits.PageBytes);
                var address = PageAddress.Of(page, key);
                addresses.Add(address);
                Append(runs, page.ContainsAnyExcept((byte)0) ? PlaceOf(address, page) : (ZeroBlock, 0));
            }
        }

        return (length, PageAddress.DigestOf(addresses.ToArray(), length, key), [.. runs]);
    }

    /// <summary>All blocks that the files need; nothing may be added afterwards.</summary>
    public IReadOnlyList<StoredBlock> Finish()
    {
        Close();
        return [.. _blocks.Select(block => block!)];
    }

    /// <summary>Lengthens the last run, or begins one.</summary>
    private static void Append(List<int> runs, (int Block, int Page) place)
    {
        bool goesOn = runs is [.., var block, var first, var count] && block == place.Block && (block == ZeroBlock || first + count == place.Page);
        if (goesOn)
        {
            runs[^1]++;
        }
        else
        {
            runs.AddRange([place.Block, place.Page, 1]);
        }
    }

    private (int Block, int Page) PlaceOf(PageAddress address, ReadOnlySpan<byte> page)
    {
        if (_added.TryGetValue(address, out var place))
        {
            return place;
        }

        if (known.TryFind(address, out var there))
        {
            if (!_numbers.TryGetValue(there.Block, out int number))
            {
                number = _blocks.Count;
                _blocks.Add(known.Block(there.Block));
                _numbers.Add(there.Block, number);
            }

            return (number, there.Page);
        }

        if (_blockPages.Count == StoreLimits.BlockPages)
        {
            Close();
        }

        if (_open is null)
        {
            _open = _blocks.Count;
            _blocks.Add(null);
        }

        place = (_open.Value, _blockPages.Count);
        page.CopyTo(_block.AsSpan(place.Page * StoreLimits.PageBytes));
        _blockPages.Add(address);
        _added.Add(address, place);
        return place;
    }

    private void Close()
    {
        if (_open is not { } number)
        {
            return;
        }

        _blocks[number] = pack.Add(_block.AsSpan(0, _blockPages.Count * StoreLimits.PageBytes), [.. _blockPages]);
        _blockPages.Clear();
        _open = null;
        ThrowIfTooMuch(0);
    }

    /// <summary>What the publication takes beside its pages is told at its end.</summary>
    /// <param name="more">Bytes of record and index.</param>
    /// <exception cref="SnapshotException">The quota does not have that much.</exception>
    public void ThrowIfTooMuch(long more)
    {
        if (options.QuotaBytes is { } quota && known.UsedBytes + pack.Length + more > quota)
        {
            throw new SnapshotException($"the snapshots here may take {quota} bytes together and take {known.UsedBytes}, this one would add {pack.Length + more} or more; {known.Advice}");
        }
    }
}
